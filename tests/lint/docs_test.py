"""Faults in documents must be reported: tests of docs.py itself."""

import os
import tempfile
import unittest

import docs


class DocsTest(unittest.TestCase):
    def link_faults(self, text):
        with tempfile.TemporaryDirectory() as root:
            with open(os.path.join(root, "README.md"), "w", encoding="utf-8") as file:
                file.write(text)
            return [*docs.check_links(root, "README.md")]

    def test_good_links(self):
        self.assertEqual([], self.link_faults(
            "# A heading: with `code`\n[a](README.md#a-heading-with-code) [b](https://example.com/x) `[c](none)`\n"
            "```\n[d](none)\n```\n"))

    def test_link_to_nothing(self):
        self.assertEqual(["README.md: link to none.md, which does not exist"], self.link_faults("[a](none.md)"))

    def test_link_to_no_heading(self):
        self.assertIn("no such heading", self.link_faults("# A\n[a](#b)")[0])

    def test_reason_without_status(self):
        text = "  // INTERNAL: a defect.\n  ERROR_REASON_A = 1;\n  // Something.\n  ERROR_REASON_B = 2;\n"
        faults = [*docs.check_reasons(text)]
        self.assertEqual(len(faults), 1, faults)
        self.assertIn("ERROR_REASON_B", faults[0])


if __name__ == "__main__":
    unittest.main()
