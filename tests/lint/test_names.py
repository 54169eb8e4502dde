"""Checks that each source of the service says where its tests are: test_names.py [ROOT].

The tests of service/a/b/x.cc are in tests/unit/a/b/x_test.cc or tests/unit/a/x_test.cc; otherwise its header, or it
itself, has a comment line that names files which exist, the last line of the comment on the whole file:

    // Tests: tests/unit/a/others_test.cc, tests/e2e/more_test.cc

After a comma the list may continue in the next line.
"""

import os
import re
import sys

from files import ROOT, files

TESTS = re.compile(r"^// Tests: ((?:.*,\n// )*.*)$", re.M)


def mirrors(path):
    """Where the test of a source is looked for: its own folder under tests/unit and the ones above it, innermost first."""
    folders = path.split("/")[1:-1]
    name = os.path.basename(path).removesuffix(".cc")
    for count in range(len(folders), 0, -1):
        yield "/".join(["tests/unit", *folders[:count], f"{name}_test.cc"])


def named(text):
    """The paths on the `Tests:` lines of a file."""
    return [path for found in TESTS.findall(text) for path in re.split(r",\s*(?://\s*)?", found) if path]


def check_tree(root):
    """All faults of a tree, as text lines."""
    paths = files(".cc", ".h", root=root)
    known = {*paths, *files(".py", root=root)}
    lists = {}
    for path in paths:
        if path.startswith("service/"):
            with open(os.path.join(root, path), encoding="utf-8") as file:
                lists[path] = named(file.read())
    faults = [f"{path}: names {test}, which is no file of tests/"
              for path, tests in lists.items() for test in tests if test not in known or not test.startswith("tests/")]
    for path in lists:
        if not path.endswith(".cc") or any(mirror in known for mirror in mirrors(path)):
            continue
        if not lists[path] and not lists.get(path.removesuffix(".cc") + ".h"):
            faults.append(f"{path}: add {next(mirrors(path), 'its test')}, or a line `// Tests: tests/...` to its header")
    return faults


def main():
    faults = check_tree(sys.argv[1] if len(sys.argv) > 1 else ROOT)
    print("\n".join(faults) or "test_names: no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
