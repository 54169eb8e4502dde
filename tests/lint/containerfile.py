"""Checks the Containerfile of deploy/image: containerfile.py [FILE].

What ends in an image starts from nothing, runs as a numbered user other than root, and needs no shell. Bases can be
chosen, are no moving `latest`, and nothing is fetched but packages of Debian. No value of the environment could be a secret.
"""

import json
import os
import re
import sys

from files import ROOT

FILE = "deploy/image/Containerfile"
TARGETS = ("gateway", "sandbox")


def instructions(text):
    """(line number, instruction, rest) of a Containerfile, with continued lines joined."""
    number, begin, line = 0, 0, ""
    for number, part in enumerate(text.split("\n"), 1):
        if part.strip().startswith("#") or not (part.strip() or line):
            continue
        begin = begin if line else number
        line += part.rstrip("\\")
        if not part.endswith("\\"):
            name, _, rest = line.strip().partition(" ")
            yield begin, name.upper(), re.sub(r"\s+", " ", rest).strip()
            line = ""


def stages(text):
    """{name: [(line, instruction, rest)]} in their order; what comes before the first FROM is the stage ""."""
    found = {"": []}
    name = ""
    for line, instruction, rest in instructions(text):
        if instruction == "FROM":
            match = re.fullmatch(r"(\S+) AS (\S+)", rest, re.I)
            name = match.group(2) if match else f"line {line}"
            found[name] = []
        found[name].append((line, instruction, rest))
    return found


def exec_form(rest):
    try:
        words = json.loads(rest)
    except ValueError:
        return False
    return isinstance(words, list) and all(isinstance(word, str) for word in words)


def check_target(name, stage):
    last = {instruction: rest for _, instruction, rest in stage}
    if not last.get("FROM", "").startswith("scratch "):
        yield f"stage {name} does not start from scratch"
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", last.get("USER", "")):
        yield f"stage {name} needs `USER uid:gid`, both numbers and not 0: a cluster cannot see whether a name is root"
    if not exec_form(last.get("ENTRYPOINT", "")) or not exec_form(last.get("CMD", "[]")):
        yield f"stage {name} needs ENTRYPOINT and CMD as JSON lists: there is no shell"
    if "RUN" in last:
        yield f"stage {name} has RUN, but no shell"


def check(text):
    """All faults, as text lines."""
    found = stages(text)
    defaults = dict(rest.split("=", 1) for _, instruction, rest in found[""] if instruction == "ARG" and "=" in rest)
    for name, stage in found.items():
        for line, instruction, rest in stage:
            if instruction == "FROM":
                base = re.sub(r"\$\{(\w+)\}", lambda match: defaults.get(match.group(1), ""), rest.split()[0])
                if base != "scratch" and not re.search(r":(?!latest$)[\w.-]+$|@sha256:", base):
                    yield f"line {line}: FROM needs a base with a tag other than latest, or an ARG with such a default"
            if instruction == "ADD":
                yield f"line {line}: COPY instead of ADD, which fetches and unpacks"
            if instruction == "ENV" and re.search(r"KEY|TOKEN|SECRET|PASSWORD", rest, re.I):
                yield f"line {line}: no secrets in the environment"
            if instruction == "RUN" and re.search(r"\b(curl|wget|git clone|pip|npm)\b", rest):
                yield f"line {line}: only packages of Debian may be fetched"
    for name in TARGETS:
        if name not in found:
            yield f"stage {name} is missing"
        else:
            yield from check_target(name, found[name])
    if list(found)[-1] != TARGETS[0]:
        yield f"the last stage, which is built by default, is not {TARGETS[0]}"


def main():
    with open(os.path.join(ROOT, sys.argv[1] if len(sys.argv) > 1 else FILE), encoding="utf-8") as file:
        faults = [f"{FILE}: {fault}" for fault in check(file.read())]
    print("\n".join(faults) or "containerfile: no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
