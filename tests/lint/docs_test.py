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

    def test_path_to_nothing(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "tests"))
            text = "`tests/run` and\n```sh\nX=1 tests/ --flag; build/x/y\ndeploy/none a/tests/b\n```\n```cpp\ntests/c\n```\n"
            faults = [*docs.check_paths(root, "a.md", text)]
        self.assertEqual(["a.md: names deploy/none, which does not exist", "a.md: names tests/run, which does not exist"],
                         faults)

    def test_long_page(self):
        self.assertEqual([], [*docs.check_length("a.md", "x\n" * 150)])
        self.assertEqual([], [*docs.check_length("CHANGELOG.md", "x\n" * 200)])
        self.assertIn("151 lines", [*docs.check_length("a.md", "x\n" * 151)][0])

    def picture_faults(self, *lines):
        rooms = {"base": [], "store": ["base"], "engine_tasks": ["base", "store"], "rpc": ["base", "engine_tasks"]}
        return [*docs.check_picture("```mermaid\nflowchart TD\n" + "\n".join(lines) + "\n```\n", rooms)]

    def test_picture_of_the_rooms(self):
        self.assertEqual([], self.picture_faults("main[main.cc] --> rpc --> work[engine/tasks]", "work --> store --> base"))
        self.assertEqual([], self.picture_faults("rpc --> tasks --> store --> base"))

    def test_picture_that_lacks_an_edge(self):
        faults = self.picture_faults("rpc --> tasks", "store --> base")
        self.assertEqual(len(faults), 1, faults)
        self.assertIn("lacks engine_tasks --> store", faults[0])

    def test_picture_with_an_edge_that_there_is_not(self):
        faults = self.picture_faults("rpc --> tasks & base", "tasks --> store --> base")
        self.assertEqual(len(faults), 1, faults)
        self.assertIn("must not show rpc --> base", faults[0])

    def test_reason_without_status(self):
        text = "  // INTERNAL: a defect.\n  ERROR_REASON_A = 1;\n  // Something.\n  ERROR_REASON_B = 2;\n"
        faults = [*docs.check_reasons(text)]
        self.assertEqual(len(faults), 1, faults)
        self.assertIn("ERROR_REASON_B", faults[0])


if __name__ == "__main__":
    unittest.main()
