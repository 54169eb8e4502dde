"""A tree with faults must be reported: tests of test_names.py itself."""

import os
import tempfile
import unittest

import test_names


class TestNamesTest(unittest.TestCase):
    def faults(self, sources):
        """Faults of a tree that has these files, path -> text."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in sources.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            return test_names.check_tree(root)

    def assert_fault(self, sources, expected):
        faults = self.faults(sources)
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(expected, faults[0])

    def test_good_tree_has_no_faults(self):
        self.assertEqual([], self.faults({
            "service/base/a.cc": "",
            "tests/unit/base/a_test.cc": "",
            "service/store/sqlite/b.cc": "",
            "tests/unit/store/b_test.cc": "",
            "service/rpc/c.cc": "",
            "service/rpc/c.h": "// Does it.\n//\n// Tests: tests/unit/base/a_test.cc,\n// tests/unit/store/b_test.cc\nclass C;\n",
            "service/rpc/d.cc": "// Tests: tests/unit/base/a_test.cc, tests/unit/store/b_test.cc\n",
            "service/rpc/only.h": "",
        }))

    def test_source_without_a_test(self):
        self.assert_fault({"service/base/a.cc": "// Tests are fine.\n", "service/base/a.h": ""},
                          "service/base/a.cc: add tests/unit/base/a_test.cc")

    def test_test_in_another_room_does_not_count(self):
        self.assert_fault({"service/base/a.cc": "", "tests/unit/store/a_test.cc": "", "tests/unit/a_test.cc": ""},
                          "service/base/a.cc: add")

    def test_named_test_that_does_not_exist(self):
        self.assert_fault({"service/base/a.cc": "", "service/base/a.h": "// Tests: tests/unit/base/gone_test.cc\n"},
                          "a.h: names tests/unit/base/gone_test.cc")

    def test_second_named_test_that_does_not_exist(self):
        self.assert_fault({"service/base/a.cc": "", "tests/unit/base/b_test.cc": "",
                           "service/base/a.h": "// Tests: tests/unit/base/b_test.cc,\n// tests/unit/base/gone_test.cc\n"},
                          "a.h: names tests/unit/base/gone_test.cc")

    def test_named_file_outside_of_the_tests(self):
        self.assert_fault({"service/base/a.cc": "// Tests: service/base/a.cc\n"}, "no file of tests/")


if __name__ == "__main__":
    unittest.main()
