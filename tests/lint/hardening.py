"""Reads the hardening of the build off its results: hardening.py BUILD_DIR [GATEWAY].

1. The gateway of BUILD_DIR has what the linker does in every build.
2. Every source of the release preset is compiled with the flags of a hardened build. The preset is configured in a folder
   of its own; nothing but a small program is built there.
3. That program has them all in its binary, and outlives a lock order that absl's deadlock detector aborts for.
4. Release binaries that were built in this checkout after its build files last changed have them all too.
"""

import os
import platform
import re
import subprocess
import sys

from commands import commands as commands_of
from files import ROOT

BUILD_FILES = ("service/hardening.cmake", "CMakeLists.txt", "CMakePresets.json")
RELEASES = ("build/release/service/server/seedance-gateway", "build/quickstart/bin/seedance-gateway")

FLAGS = ("-O2", "-DNDEBUG", "-D_FORTIFY_SOURCE=3", "-D_GLIBCXX_ASSERTIONS", "-fstack-protector-strong",
         "-fstack-clash-protection", "-fPIE")
X86_FLAGS = ("-fcf-protection=full",)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def link_faults(headers, dynamic):
    """What a linker did not do, by `readelf -hlW` and `readelf -dW`."""
    if not re.search(r"Type:\s+DYN", headers) or "INTERP" not in headers:
        yield "is no position-independent executable"
    if "GNU_RELRO" not in headers:
        yield "has no RELRO segment"
    if not re.search(r"BIND_NOW|FLAGS_1.*\bNOW\b", dynamic):
        yield "is not bound at its start (BIND_NOW)"
    stack = re.search(r"GNU_STACK\s.*", headers)
    if not stack or re.search(r"\bRWE\b", stack.group()):
        yield "has an executable stack"
    if re.search(r"LOAD\s.*\bRWE\b", headers):
        yield "has a segment that is writable and executable"


def code_faults(symbols):
    """What a compiler did not do, by `readelf -W --dyn-syms`."""
    if "__stack_chk_fail" not in symbols:
        yield "has no stack protector"
    if not re.search(r"__\w+_chk@", symbols):
        yield "has no checked functions of the C library (_FORTIFY_SOURCE)"
    if "__glibcxx_assert_fail" not in symbols:
        yield "has no checks of the C++ library (_GLIBCXX_ASSERTIONS)"


def branch_faults(disassembly):
    """By `objdump -d` of main. The mark in the ELF notes is of no use: Debian's crt1.o has none, so no program has."""
    if "endbr64" not in disassembly:
        yield "has no landing pads for indirect branches (-fcf-protection)"


def flag_faults(commands, x86):
    """Sources of service and client, of which `commands` of compile_commands.json lack a flag."""
    wanted = FLAGS + (X86_FLAGS if x86 else ())
    sources = 0
    for source, command in commands.items():
        path = os.path.relpath(source, ROOT)
        words = command.split()
        if not path.startswith(("service/", "client/")):
            continue
        sources += 1
        missing = [flag for flag in wanted if flag not in words]
        if "-D_FORTIFY_SOURCE=3" in words and "-U_FORTIFY_SOURCE" in words[words.index("-D_FORTIFY_SOURCE=3"):]:
            missing.append("-D_FORTIFY_SOURCE=3 after -U")
        if missing:
            yield f"{path}: compiled without {' '.join(missing)} by the release preset"
        if path.endswith("deadlock_detection.cc") and "-DSEEDANCE_DEADLOCK_DETECTION=0" not in words:
            yield f"{path}: the release preset leaves absl's deadlock detector on"
    if sources < 50:
        yield f"compile_commands.json of the release preset names {sources} sources of the service only"


def binary_faults(path, whole=True):
    found = list(link_faults(run("readelf", "-hlW", path), run("readelf", "-dW", path)))
    if whole:
        found += code_faults(run("readelf", "-W", "--dyn-syms", path))
        if platform.machine() == "x86_64":
            found += branch_faults(run("objdump", "-d", "--disassemble=main", path))
    return [f"{path} {fault}" for fault in found]


def configure_release(folder):
    run("cmake", "--preset", "release", "-S", ROOT, "-B", folder)
    return commands_of(folder)


def probe_faults(folder):
    run("cmake", "--build", folder, "--target", "hardening_probe")
    probe = os.path.join(folder, "tests/lint/hardening_probe")
    ended = subprocess.run([probe], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        yield f"{probe} ended with {ended.returncode}: {ended.stderr}"
    elif "asserts off" not in ended.stdout:
        yield f"{probe} has asserts"
    yield from binary_faults(probe)


def main(build, gateway):
    faults = binary_faults(gateway, whole=False)
    folder = os.path.join(build, "hardening")
    faults += flag_faults(configure_release(folder), platform.machine() == "x86_64")
    faults += probe_faults(folder)
    changed = max(os.path.getmtime(os.path.join(ROOT, name)) for name in BUILD_FILES)
    for name in RELEASES:
        path = os.path.join(ROOT, name)
        if os.path.exists(path) and os.path.getmtime(path) > changed:
            faults += binary_faults(path)
        else:
            print(f"hardening: {name} is not there, or older than the build files: not looked at")
    print("\n".join(faults) or "hardening: no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
