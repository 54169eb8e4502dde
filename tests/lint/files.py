"""The files of the checkout: `files.py .cc .h` prints those with these suffixes, one a line."""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def files(*suffixes, root=ROOT):
    """Paths relative to `root` of tracked and of new files; without git, of all but build folders."""
    git = ["git", "-C", root, "ls-files", "-co", "--exclude-standard"]
    try:
        listed = subprocess.run(git, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):  # No git, no repository, or one of another user.
        listed = [os.path.relpath(os.path.join(folder, name), root)
                  for folder, _, names in os.walk(root) for name in names]
        listed = [path for path in listed if not path.startswith(("build/", ".git/", ".quickstart/"))]
    return sorted(path for path in listed
                  if path.endswith(suffixes or "") and os.path.isfile(os.path.join(root, path)))


if __name__ == "__main__":
    print("\n".join(files(*sys.argv[1:])))
