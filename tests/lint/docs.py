"""Checks the documentation: links and commands of Markdown files name files that exist, no page is longer than a reader
takes at once, the picture of the rooms is that of service/rooms.cmake, and every ErrorReason says with which gRPC status
it comes."""

import os
import re
import sys

from files import ROOT, files
from layers import read_rooms

MAX_LINES = 150
TOO_LONG = {"CHANGELOG.md": "one list of all that changed"}
HISTORY = ("CHANGELOG.md", "service/decisions/")  # They name files as they were.
PICTURE = "service/ARCHITECTURE.md"
REASONS = "proto/seedance/gateway/v1/error_reason.proto"
STATUS = (r"(CANCELLED|UNKNOWN|INVALID_ARGUMENT|DEADLINE_EXCEEDED|NOT_FOUND|ALREADY_EXISTS|PERMISSION_DENIED|"
          r"RESOURCE_EXHAUSTED|FAILED_PRECONDITION|ABORTED|OUT_OF_RANGE|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS|"
          r"UNAUTHENTICATED)")


def without_code(text):
    """Markdown without code blocks and code spans."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def anchors(text):
    """Anchors that GitHub makes of the headings of a Markdown text."""
    headings = re.findall(r"^#+ +(.*)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def check_links(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        full = os.path.join(root, os.path.dirname(path), name) if name else os.path.join(root, path)
        if not os.path.exists(full):
            yield f"{path}: link to {target}, which does not exist"
        elif anchor and full.endswith(".md"):
            with open(full, encoding="utf-8") as file:
                if anchor not in anchors(file.read()):
                    yield f"{path}: link to {target}, which has no such heading"


def check_paths(root, path, text):
    """Files that commands and code spans name, such as `tests/run -R x`, `service/base/clock.h`."""
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    for code in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S) + spans:
        for name in re.findall(r"(?<![\w/.$<-])((?:client|deploy|proto|service|tests)/[\w./-]*\w)", code):
            if not os.path.exists(os.path.join(root, name)):
                yield f"{path}: names {name}, which does not exist"


def check_length(path, text):
    lines = text.count("\n")
    if lines > MAX_LINES and path not in TOO_LONG:
        yield f"{path}: {lines} lines; split it (at most {MAX_LINES})"


def drawn_rooms(text, rooms):
    """Edges (room, room) of the flowchart in a Markdown text. A node is called as its room, or as the last part of it."""
    flowchart = re.search(r"^```mermaid\n(.*?)^```", text, re.M | re.S)
    labels = dict(re.findall(r"(\w+)\[([\w./]+)\]", flowchart.group(1) if flowchart else ""))
    edges = set()
    for line in flowchart.group(1).splitlines() if flowchart else []:
        steps = [re.findall(r"[\w.]+(?:\[[\w./]+\])?", step) for step in line.split("-->")]
        steps = [[re.sub(r"\[.*", "", node) for node in step] for step in steps]
        names = [[labels.get(node, node).replace("/", "_") for node in step] for step in steps]
        for users, used in zip(names, names[1:]):
            edges |= {(user, other) for user in users for other in used}
    full = lambda name: name if name in rooms else next((room for room in rooms if room.endswith("_" + name)), name)
    return {(full(user), full(other)) for user, other in edges if user != "main.cc"}


def check_picture(text, rooms):
    """The picture has the edges of the table but for those that follow from others."""
    below = {}
    for room, used in rooms.items():
        below[room] = set(used).union(*(below[other] for other in used))
    needed = {(room, other) for room, used in rooms.items() for other in used
              if not any(other in below[between] for between in used)}
    drawn = drawn_rooms(text, rooms)
    for what, edges in (("lacks", needed - drawn), ("must not show", drawn - needed)):
        for user, other in sorted(edges):
            yield f"{PICTURE}: the picture {what} {user} --> {other} (service/rooms.cmake)"


def check_reasons(text):
    """Each value's comment begins with a gRPC status, or says that it is the reason of a task or an asset."""
    values = re.findall(r"((?:^ *//.*\n)*)^ *(ERROR_REASON_\w+) = \d+;", text, re.M)
    if not values:
        yield f"{REASONS}: found no values"
    for comment, name in values:
        if not re.match(rf" *// ({STATUS}: |A task's |Never sent)", comment):
            yield f"{REASONS}: the comment of {name} does not begin with its gRPC status"


def check_tree(root):
    faults = []
    for path in files(".md", root=root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        faults += [*check_links(root, path), *check_length(path, text)]
        faults += [] if path.startswith(HISTORY) else check_paths(root, path, text)
        if path == PICTURE:
            with open(os.path.join(root, "service/rooms.cmake"), encoding="utf-8") as file:
                faults += check_picture(text, read_rooms(file.read())[0])
    with open(os.path.join(root, REASONS), encoding="utf-8") as file:
        return faults + [*check_reasons(file.read())]


def main():
    faults = check_tree(ROOT)
    print("\n".join(faults) or "docs: no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
