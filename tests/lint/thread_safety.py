"""clang's thread-safety analysis of the sources of the service that have to do with locks: thread_safety.py BUILD_DIR.

Compiles with clang 14 and the include paths of BUILD_DIR/compile_commands.json, for the diagnostics only. With ccache a
second run takes no time: that is why it compiles to a file instead of checking the syntax only. Sources that the build
compiles together are read together. A source has to do with locks if it, or a header of the service that it includes, takes one or has something guarded by one: code that sees
neither has nothing that the analysis could find.
"""

import concurrent.futures
import os
import re
import shlex
import shutil
import subprocess
import sys

from commands import sources_of, units
from files import ROOT

COMPILER = ["clang++-14", "-std=c++20", "-O0", "-Wno-everything", "-Wthread-safety", "-Werror=thread-safety"]

# A source with a fault, which clang has to find: else the analysis is not at work.
FAULTY = """
#include "service/base/mutex.h"
struct Counter {
  void Add() { ++count; }
  seedance::base::Mutex mutex;
  int count ABSL_GUARDED_BY(mutex) = 0;
};
"""


LOCKS = re.compile(r"MutexLock|ABSL_(PT_)?GUARDED_BY|_LOCKS_REQUIRED|ABSL_LOCKS_EXCLUDED")
INCLUDE = re.compile(r'^#include "(service/[^"]+)"', re.MULTILINE)


def text_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def has_locks(source):
    """Whether the source at this path, or a header that it includes, has to do with locks."""
    text = text_of(source)
    return any(LOCKS.search(each) for each in [text, *map(text_of, INCLUDE.findall(text))])


def include_flags(command):
    """The -I, -isystem and -D options of a compile command."""
    words = iter(shlex.split(command))
    flags = []
    for word in words:
        if word in ("-I", "-isystem", "-D"):
            flags += [word, next(words)]
        elif word.startswith(("-I", "-isystem", "-D")):
            flags.append(word)
    return flags


def check(source, flags, build):
    """What clang says, "" when it has no complaint."""
    output = os.path.join(build, "lint", os.path.relpath(source, ROOT).replace("/", "_") + ".o")
    launcher = ["ccache"] if shutil.which("ccache") else []
    result = subprocess.run([*launcher, *COMPILER, *flags, "-c", source, "-o", output], capture_output=True, text=True)
    return "" if result.returncode == 0 else result.stderr or f"clang ended with {result.returncode}"


def main():
    build = os.path.abspath(sys.argv[1])
    commands = units(build)
    if not shutil.which(COMPILER[0]):
        print(f"thread_safety: no {COMPILER[0]}; run deploy/install-dependencies --tests")
        return 1

    todo = {}  # What is compiled -> its sources with locks.
    for unit in sorted(commands):
        paths = [os.path.relpath(source, ROOT) for source in sources_of(unit)]
        with_locks = [path for path in paths if path.startswith("service/") and has_locks(path)]
        if with_locks:
            todo[unit] = with_locks
    if sum(map(len, todo.values())) < 50:
        print(f"thread_safety: few sources of the service with locks in compile_commands.json: {todo}")
        return 1

    faulty = os.path.join(build, "lint", "faulty.cc")
    os.makedirs(os.path.dirname(faulty), exist_ok=True)
    with open(faulty, "w", encoding="utf-8") as file:
        file.write(FAULTY)
    if "requires holding mutex" not in check(faulty, [f"-I{ROOT}"], build):
        print("thread_safety: the analysis does not find the fault of a sample")
        return 1

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for complaint in pool.map(lambda unit: check(unit, include_flags(commands[unit]), build), todo):
            if complaint:
                failed += 1
                print(complaint)
    print(f"thread_safety: faults in {failed} of {len(todo)} groups of sources; {sum(map(len, todo.values()))} have locks")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
