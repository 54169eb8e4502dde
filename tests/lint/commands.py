"""How a build compiles each source, from its compile_commands.json.

As a program, `commands.py BUILD_DIR` prints that file with an entry for each source.
"""

import json
import os
import re
import sys

INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def sources_of(unit):
    """The sources that are compiled as this file: those that it includes where CMake groups them, else itself."""
    if "/Unity/unity_" not in unit or not os.path.exists(unit):
        return [unit]
    with open(unit, encoding="utf-8") as file:
        return INCLUDE.findall(file.read())


def units(build):
    """File that is compiled -> its command."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        return {entry["file"]: entry["command"] for entry in json.load(file)}


def commands(build):
    """Source -> its command, as if each were compiled alone."""
    return {source: command.replace(unit, source) for unit, command in units(build).items()
            for source in sources_of(unit)}


if __name__ == "__main__":
    folder = os.path.abspath(sys.argv[1])
    print(json.dumps([{"directory": folder, "file": source, "command": command}
                      for source, command in commands(folder).items()], indent=1))
