#!/usr/bin/env python3
"""Makes RESULTS.md and results.json of the rows that the benches wrote, one JSON object a line. Called by `run`."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Every figure that the design promises, with the rows that show it. A row in parentheses belongs to the full form only.
PROMISES = [
    ("GetGenerationTask, throughput against a bare gRPC server", ["get_task_best"]),
    ("Added latency of a pass-through call, sequential p50", ["create_group_p50"]),
    ("CreateGenerationTask: added latency, throughput", ["create_task_p50", "create_task_p99", "create_task_64"]),
    ("Memory per idle watch stream", ["watch_memory", "watch_memory_kb", "(watch_memory_most)", "(watch_memory_most_kb)"]),
    ("10,000 watchers of one task: upstream polls", ["watch_polls"]),
    ("Fan-out of one change to 10,000 watchers, last delivery", ["fan_out_most"]),
    ("500 running tasks under a cap: p99 discovery lag", ["discovery_lag_p99"]),
    ("Watched tasks of 12 to 27 s: p99 discovery lag, polls", ["discovery_lag_short_p99", "discovery_polls_short"]),
    ("Many running tasks under a cap: polls in a second, oldest poll age", ["many_tasks_cap", "many_tasks_age"]),
    (
        "Upload of 50 MB: peak extra memory, throughput",
        ["upload_memory_1", "upload_memory_8", "upload_throughput_1", "upload_throughput_8"],
    ),
    ("Take-over after a process dies", ["take_over"]),
    ("Duplicate bills in faulty submits with kills", ["duplicate_bills", "unanswered_submits"]),
    ("Resident memory, idle and with 1,000 running tasks", ["memory_idle", "memory_tasks"]),
    ("5 % stalled readers: p99 delivery for the others, memory", ["stalled_p99", "stalled_memory"]),
]


def text_of(figure):
    """Three digits that matter."""
    size = abs(figure)
    if figure == int(figure) and size < 1e9:
        return f"{int(figure):,}"
    if size >= 1000:
        return f"{figure:,.0f}"
    if size >= 100:
        return f"{figure:.1f}"
    return f"{figure:.2f}" if size >= 1 else f"{figure:.3f}"


def spread_of(figures):
    if len(figures["rounds"]) == 1:
        return text_of(figures["median"])
    return f"{text_of(figures['median'])} ({text_of(figures['min'])} to {text_of(figures['max'])})"


def goal_of(row):
    if "goal" not in row:
        return ""
    [(kind, value)] = row["goal"].items()
    return {"at_most": "≤ ", "at_least": "≥ ", "within": "± "}[kind] + text_of(value)


def cells_of(row):
    """The row as the table has it: what, gateway, yardstick, compared, goal, verdict."""
    if "skipped" in row:
        return [row["what"], "", "", "", "", f"skipped: {row['skipped'].splitlines()[0][:120]}"]
    yardstick = row.get("yardstick")
    compared = row.get(row["judged"])
    sign = {"ratio": "×", "difference": "Δ"}.get(row["judged"], "")
    verdict = {True: "met", False: "**missed**", None: ""}[row.get("met")]
    return [
        row["what"],
        f"{spread_of(row['ours'])} {row['unit']}",
        f"{spread_of(yardstick)} ({yardstick['name']})" if yardstick else "",
        f"{sign} {spread_of(compared)}" if compared else "",
        goal_of(row),
        verdict,
    ]


def table_of(rows):
    lines = ["| What | Gateway | Yardstick | Compared | Goal | |", "|---|---|---|---|---|---|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells_of(row)) + " |" for row in rows]
    return "\n".join(lines)


def output_of(*command):
    try:
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine():
    cpu = "unknown"
    memory_kb = 0
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal"):
            memory_kb = int(line.split()[1])
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory_kb / (1 << 20), 1),
        "kernel": platform.release(),
    }


def versions(build):
    cache = (pathlib.Path(build) / "CMakeCache.txt").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in cache if "=" in line and not line.startswith(("#", "//")))
    compiler = settings.get("CMAKE_CXX_COMPILER:FILEPATH", settings.get("CMAKE_CXX_COMPILER:STRING", "c++"))
    kind = settings.get("CMAKE_BUILD_TYPE:STRING", "")
    return {
        "compiler": output_of(compiler, "--version").splitlines()[0],
        "build": f"{kind} {settings.get(f'CMAKE_CXX_FLAGS_{kind.upper()}:STRING', '')}".strip(),
        "sanitizers": settings.get("SEEDANCE_SANITIZE:STRING", ""),
        "grpc": output_of("pkg-config", "--modversion", "grpc++"),
        "protobuf": output_of("pkg-config", "--modversion", "protobuf"),
        "sqlite": output_of("pkg-config", "--modversion", "sqlite3"),
        "httplib": output_of("pkg-config", "--modversion", "cpp-httplib"),
    }


def commit():
    revision = output_of("git", "rev-parse", "--short=12", "HEAD")
    changed = output_of("git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":!tests/bench/RESULTS.md")
    return revision + (" with local changes" if changed not in ("", "unknown") else "")


def markdown_of(report):
    rows = {row["id"]: row for row in report["rows"]}
    promised = [row_id.strip("()") for _, ids in PROMISES for row_id in ids]
    host = report["machine"]
    used = report["versions"]
    lines = [
        "# Results of the benches",
        "",
        f"`tests/bench/run`, {report['date']}, {report['seconds'] // 60} min {report['seconds'] % 60} s, commit "
        f"{report['commit']}.",
        f"{host['cores']} cores of {host['cpu']}, {host['memory_gb']} GB, Linux {host['kernel']}; {used['compiler']}, "
        f"{used['build']}; gRPC {used['grpc']}, SQLite {used['sqlite']}, cpp-httplib {used['httplib']}.",
        "",
        "Client, gateway, yardstick and vendor share this machine. Figures are medians over rounds (least to most); × is "
        "the median of the rounds' ratios and Δ of their differences, gateway to yardstick, measured in turns.",
        "",
        "## What the design promises",
        "",
        table_of([rows[row_id] for row_id in promised if row_id in rows]),
        "",
        "## What else was measured",
        "",
        table_of([row for row in report["rows"] if row["id"] not in promised]),
        "",
    ]
    notes = [f"* {row['what']}: {row['note']}" for row in report["rows"] if row.get("note")]
    if notes:
        lines += ["## Notes", ""] + notes + [""]
    return "\n".join(lines)


def missing_of(rows, quick):
    there = {row["id"] for row in rows}
    ids = [row_id for _, ids in PROMISES for row_id in ids if not (quick and row_id.startswith("("))]
    return [row_id for row_id in ids if row_id.strip("()") not in there]


def summary_of(rows, quick):
    skipped = [row["id"] for row in rows if "skipped" in row]
    text = f"{len(rows)} rows"
    if not quick:
        met = [row["id"] for row in rows if row.get("met") is True]
        missed = [row["id"] for row in rows if row.get("met") is False]
        text += f", {len(met)} goals met, {len(missed)} missed" + (f" ({', '.join(missed)})" if missed else "")
    return text + (f", skipped: {', '.join(skipped)}" if skipped else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--complete", action="store_true", help="every row of the design must be there")
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in pathlib.Path(arguments.rows).read_text().splitlines()]
    twice = sorted({row["id"] for row in rows if [other["id"] for other in rows].count(row["id"]) > 1})
    missing = missing_of(rows, arguments.quick) if arguments.complete else []
    if twice or missing:
        print(f"tests/bench/run: FAILED: rows that are there twice: {twice}, that are missing: {missing}")
        return 1
    report = {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(),
        "quick": arguments.quick,
        "seconds": arguments.seconds,
        "machine": machine(),
        "versions": versions(arguments.build),
        "rows": rows,
    }
    output = pathlib.Path(arguments.output)
    (output / "results.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    if arguments.quick:
        # Nobody is to take the figures of a quick run for results.
        print(f"tests/bench/run: works: {summary_of(rows, True)} in {arguments.seconds} s")
        return 0
    (output / "RESULTS.md").write_text(markdown_of(report))
    print("\n" + markdown_of(report))
    print(f"tests/bench/run: {summary_of(rows, False)}; {output}/RESULTS.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
