"""Both programs say the same version and the commit that they were built from: version.py GATEWAY SEEDANCECTL."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = "service/version.cmake"
programs = []


def output_of(*command, cwd=ROOT):
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True).stdout.strip()


def git(tree, *words):
    return output_of("git", "-C", tree, "-c", "user.name=test", "-c", "user.email=test@example.com", *words)


class ProgramTest(unittest.TestCase):
    def test_version_names_the_commit(self):
        found = [re.fullmatch(r"(\S+) (\d+\.\d+\.\d+) \(git ([^\s()]+)\)",
                              output_of(program, "--version")) for program in programs]
        self.assertTrue(all(found), found)
        self.assertEqual([match[1] for match in found], ["seedance-gateway", "seedancectl"])
        self.assertEqual(found[0].group(2, 3), found[1].group(2, 3))


class StampTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = os.path.join(folder.name, "tree")
        self.header = os.path.join(folder.name, "seedance_version.h")
        os.mkdir(self.tree)

    def stamp(self, tree=None, git_hash=""):
        """The commit that the header names for a tree."""
        output_of("cmake", "-D", "VERSION=1.2.3", "-D", f"GIT_HASH={git_hash}", "-D",
                  f"SOURCE_DIR={tree or self.tree}", "-D", f"OUTPUT={self.header}", "-P", SCRIPT)
        with open(self.header, encoding="utf-8") as file:
            text = file.read()
        self.assertIn('#define SEEDANCE_VERSION "1.2.3"\n', text)
        return re.search(r'#define SEEDANCE_GIT_HASH "(.*)"\n', text)[1]

    def commit(self):
        git(self.tree, "init", "-q")
        with open(os.path.join(self.tree, "file"), "w", encoding="utf-8") as file:
            file.write("one\n")
        git(self.tree, "add", "file")
        git(self.tree, "commit", "-q", "-m", "one")
        return git(self.tree, "rev-parse", "--short=12", "HEAD")

    def test_a_tree_without_git_is_unknown(self):
        self.assertEqual(self.stamp(), "unknown")

    def test_a_tree_inside_another_repository_is_unknown(self):
        self.commit()
        inner = os.path.join(self.tree, "inner")
        os.mkdir(inner)
        self.assertEqual(self.stamp(inner), "unknown")

    def test_a_given_hash_wins(self):
        self.commit()
        self.assertEqual(self.stamp(git_hash="abc123"), "abc123")

    def test_a_changed_file_makes_it_dirty(self):
        commit = self.commit()
        self.assertEqual(self.stamp(), commit)
        git(self.tree, "tag", "v9")
        self.assertEqual(self.stamp(), commit, "tags are not commits")
        with open(os.path.join(self.tree, "file"), "w", encoding="utf-8") as file:
            file.write("two\n")
        self.assertEqual(self.stamp(), commit + "-dirty")

    def test_the_same_commit_leaves_the_header_alone(self):
        self.commit()
        self.stamp()
        os.utime(self.header, (1, 1))
        self.stamp()
        self.assertEqual(os.path.getmtime(self.header), 1, "each build would compile and link anew")


if __name__ == "__main__":
    programs += sys.argv[1:]
    sys.exit(unittest.main(argv=sys.argv[:1]))
