"""Every header compiles alone: headers.py BUILD_DIR [PATH...].

Compiles a file that holds nothing but one include, for each header (or those below PATH), with the compiler and the
flags that BUILD_DIR has for its own source, or for one that includes it. Not run by ctest but by
`cmake --build BUILD_DIR --target all_headers`. With ccache a second run takes no time: that is why it compiles to a file
instead of checking the syntax only.
"""

import concurrent.futures
import os
import re
import shlex
import shutil
import subprocess
import sys

from commands import commands
from files import ROOT, files

FOLDERS = ("service/", "client/", "tests/")

# Path of a header -> why it cannot stand alone.
EXCLUDED = {}

# A header with a fault, which the compiler has to find.
FAULTY = "std::string Name();\n"


def flags_of(command):
    """(compiler, flags that decide what an include means) of a compile command."""
    words = shlex.split(command)
    compiler = next(word for word in words if re.search(r"(^|/)(g\+\+|c\+\+|clang\+\+)[-\d.]*$", word))
    flags = []
    rest = iter(words)
    for word in rest:
        if word in ("-I", "-isystem", "-D"):
            flags += [word, next(rest)]
        elif word.startswith(("-I", "-isystem", "-D", "-std=")):
            flags.append(word)
    return compiler, flags


def includers(sources):
    """Header -> the first source that includes it."""
    found = {}
    for source in sources:
        with open(os.path.join(ROOT, source), encoding="utf-8") as file:
            for header in re.findall(r'^#include "([^"]+)"', file.read(), re.M):
                found.setdefault(header, source)
    return found


def source_beside(header, sources, including):
    """The source whose flags a header gets: of its name, else one that includes it, else one of its folder."""
    own = header.removesuffix(".h") + ".cc"
    if own in sources or header in including:
        return own if own in sources else including[header]
    folder = os.path.dirname(header)
    return next((path for path in sources if os.path.dirname(path) == folder), None)


def check(header, command, build, text=None):
    """What the compiler says about a header alone, "" when it has no complaint."""
    name = os.path.join(build, "lint", "headers", header.replace("/", "_"))
    text = text or f'#include "{header}"\n'
    if not os.path.exists(name + ".cc"):
        with open(name + ".cc", "w", encoding="utf-8") as file:
            file.write(text)
    compiler, flags = flags_of(command)
    launcher = ["ccache"] if shutil.which("ccache") else []
    result = subprocess.run([*launcher, compiler, *flags, f"-I{ROOT}", "-O0", "-w", "-c", name + ".cc", "-o", name + ".o"],
                            capture_output=True, text=True)
    return "" if result.returncode == 0 else result.stderr or f"{compiler} ended with {result.returncode}"


def main():
    build = os.path.abspath(sys.argv[1])
    only = tuple(sys.argv[2:]) or FOLDERS
    by_path = {os.path.relpath(source, ROOT): command for source, command in sorted(commands(build).items())}
    sources = {path: command for path, command in by_path.items() if path.startswith(FOLDERS)}
    including = includers(sources)
    os.makedirs(os.path.join(build, "lint", "headers"), exist_ok=True)

    work = []
    failed = 0
    for header in files(".h"):
        if not header.startswith(only):
            continue
        source = source_beside(header, sources, including)
        if header in EXCLUDED:
            print(f"{header}: left out: {EXCLUDED[header]}")
        elif source is None:
            print(f"{header}: no source of {build} is beside it or includes it")
            failed += 1
        else:
            work.append((header, sources[source]))
    if work and "string" not in check("faulty", work[0][1], build, FAULTY):
        print("headers: the compiler does not find the fault of a sample")
        return 1
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, complaint in zip([header for header, _ in work],
                                     pool.map(lambda item: check(*item, build), work)):
            if complaint:
                failed += 1
                print(f"{header} does not compile alone:\n{complaint}")
    print(f"headers: faults in {failed} of {len(work)} headers")
    return 1 if failed or not work else 0


if __name__ == "__main__":
    sys.exit(main())
