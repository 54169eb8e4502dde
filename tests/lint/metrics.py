"""The table of metrics: `metrics.py GATEWAY [--write]`.

Each metric that the service measures is in service/base/metric_table.cc, and each one there is measured somewhere; the
table in deploy/metrics.md is what the binary GATEWAY prints. --write takes that over.
"""

import os
import re
import subprocess
import sys

from files import ROOT, files

TABLE = "service/base/metric_table.cc"
PAGE = "deploy/metrics.md"
BEGIN, END = "<!-- metrics: begin -->\n", "<!-- metrics: end -->\n"
MEASURED = re.compile(r"(?:Counter|Gauge|Histogram|GaugeAtScrape)\(\s*((?:[^(),\"]*\?\s*)?\"[a-z_]+\"(?:\s*:\s*\"[a-z_]+\")?)")
NAME = re.compile(r"\"((?:seedance|process)_[a-z_]+)\"")


def measured(text):
    """Names of the metrics that a source asks the registry for."""
    return {name for call in MEASURED.findall(text) for name in NAME.findall(call)}


def named(table):
    """Names in the Markdown table that the gateway prints."""
    return re.findall(r"^\| `([a-z_]+)` \|", table, re.M)


def problems(sources, table, page):
    """What is wrong: `sources` are texts by path, `table` is the printed one, `page` the text of the document."""
    found = []
    names = named(table)
    used = set()
    for path, text in sorted(sources.items()):
        for name in sorted(measured(text)):
            used.add(name)
            if name not in names:
                found.append(f"{path}: {name} is not in {TABLE}")
    found += [f"{TABLE}: {name} is measured nowhere" for name in names if name not in used]
    if BEGIN not in page or END not in page:
        found.append(f"{PAGE}: has no lines {BEGIN.strip()} and {END.strip()}")
    elif page.split(BEGIN)[1].split(END)[0] != table:
        found.append(f"{PAGE}: is not what the gateway prints: run tests/lint/metrics.py GATEWAY --write")
    return found


def main():
    gateway, write = sys.argv[1], "--write" in sys.argv[2:]
    table = subprocess.run([gateway, "--print-metrics"], capture_output=True, text=True, check=True).stdout
    path = os.path.join(ROOT, PAGE)
    with open(path, encoding="utf-8") as file:
        page = file.read()
    if write:
        page = page.split(BEGIN)[0] + BEGIN + table + END + page.split(END)[1]
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
    sources = {}
    for name in files(".cc", ".h"):
        if name.startswith("service/") and name != TABLE:
            with open(os.path.join(ROOT, name), encoding="utf-8") as file:
                sources[name] = file.read()
    found = problems(sources, table, page)
    print("\n".join(found) if found else f"metrics: {len(named(table))} metrics are in table and document")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
