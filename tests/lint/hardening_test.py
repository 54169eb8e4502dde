"""hardening.py finds what is missing."""

import unittest

import hardening

GOOD_HEADERS = """
  Type:                              DYN (Position-Independent Executable file)
  INTERP         0x000318 0x0000000000000318 0x0000000000000318 0x00001c 0x00001c R   0x1
  LOAD           0x001000 0x0000000000001000 0x0000000000001000 0x001000 0x001000 R E 0x1000
  GNU_STACK      0x000000 0x0000000000000000 0x0000000000000000 0x000000 0x000000 RW  0x10
  GNU_RELRO      0x002dd0 0x0000000000003dd0 0x0000000000003dd0 0x000230 0x000230 R   0x1
"""
GOOD_DYNAMIC = " 0x000000006ffffffb (FLAGS_1)            Flags: NOW PIE\n"
GOOD_COMMAND = ("g++ -U_FORTIFY_SOURCE " + " ".join(hardening.FLAGS + hardening.X86_FLAGS) +
                " -DSEEDANCE_DEADLOCK_DETECTION=0")


def commands(command):
    return {f"{hardening.ROOT}/service/base/{name}.cc": command
            for name in ["deadlock_detection", *map(str, range(60))]}


class HardeningTest(unittest.TestCase):
    def test_good_binary_has_no_faults(self):
        self.assertEqual(list(hardening.link_faults(GOOD_HEADERS, GOOD_DYNAMIC)), [])
        symbols = "__stack_chk_fail@GLIBC __memcpy_chk@GLIBC _ZSt21__glibcxx_assert_failPKciS0_S0_@GLIBCXX"
        self.assertEqual(list(hardening.code_faults(symbols)), [])

    def test_every_missing_property_is_found(self):
        for old, new in [("DYN", "EXEC"), ("INTERP", "X"), ("GNU_RELRO", "X"), ("RW  0x10", "RWE 0x10"),
                         ("R E 0x1000", "RWE 0x1000"), ("GNU_STACK", "X")]:
            with self.subTest(old):
                self.assertEqual(len(list(hardening.link_faults(GOOD_HEADERS.replace(old, new), GOOD_DYNAMIC))), 1)
        self.assertEqual(len(list(hardening.link_faults(GOOD_HEADERS, ""))), 1)
        self.assertEqual(len(list(hardening.code_faults(""))), 3)
        self.assertEqual(len(list(hardening.branch_faults("push %rbp"))), 1)

    def test_every_missing_flag_is_found(self):
        self.assertEqual(list(hardening.flag_faults(commands(GOOD_COMMAND), x86=True)), [])
        for flag in hardening.FLAGS + hardening.X86_FLAGS:
            with self.subTest(flag):
                faults = list(hardening.flag_faults(commands(GOOD_COMMAND.replace(flag, "")), x86=True))
                self.assertIn(flag, faults[0])
        undone = GOOD_COMMAND + " -U_FORTIFY_SOURCE"
        self.assertNotEqual(list(hardening.flag_faults(commands(undone), x86=True)), [])
        detector = GOOD_COMMAND.replace("DETECTION=0", "DETECTION=1")
        self.assertIn("deadlock detector", list(hardening.flag_faults(commands(detector), x86=True))[0])
        self.assertNotEqual(list(hardening.flag_faults({}, x86=True)), [])


if __name__ == "__main__":
    unittest.main()
