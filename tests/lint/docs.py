"""Checks the documentation: links of Markdown files point to files that exist, and every ErrorReason says with which
gRPC status it comes."""

import os
import re
import sys

from files import ROOT, files

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


def check_reasons(text):
    """Each value's comment begins with a gRPC status, or says that it is the reason of a task or an asset."""
    values = re.findall(r"((?:^ *//.*\n)*)^ *(ERROR_REASON_\w+) = \d+;", text, re.M)
    if not values:
        yield f"{REASONS}: found no values"
    for comment, name in values:
        if not re.match(rf" *// ({STATUS}: |A task's |Never sent)", comment):
            yield f"{REASONS}: the comment of {name} does not begin with its gRPC status"


def check_tree(root):
    faults = [fault for path in files(".md", root=root) for fault in check_links(root, path)]
    with open(os.path.join(root, REASONS), encoding="utf-8") as file:
        return faults + [*check_reasons(file.read())]


def main():
    faults = check_tree(ROOT)
    print("\n".join(faults) or "docs: no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
