"""Dashboards and alerts of deploy/: they name metrics and labels that deploy/metrics.md has, the dashboards are those that
deploy/dashboards/generate writes, every alert has its texts, a runbook and tests of both kinds, every runbook an alert, and
promtool (Debian's package prometheus) takes rules and expressions."""

import importlib.machinery
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

from files import ROOT, files

sys.path.insert(0, os.path.join(ROOT, "deploy/dashboards"))
import promql  # pylint: disable=wrong-import-position

ALERTS = "deploy/chart/alerts"
RUNBOOKS = "deploy/runbooks"
TEXTS = ("summary", "description", "runbook_url")


def load_generator():
    """deploy/dashboards/generate as a module."""
    loader = importlib.machinery.SourceFileLoader("generate", os.path.join(ROOT, "deploy/dashboards/generate"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("generate", loader))
    loader.exec_module(module)
    return module


def read_yaml(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return yaml.safe_load(file)


def rules_of(document):
    return [rule for group in document["groups"] for rule in group["rules"]]


def alert_faults(rule, metrics):
    """What is wrong with one alert."""
    name = rule.get("alert", "a rule")
    expression = promql.Expression(rule["expr"], metrics)
    yield from (f"{name}: {fault}" for fault in expression.faults)
    if not re.fullmatch(r"Seedance[A-Za-z]+", name):
        yield f"{name}: has no name that begins with Seedance"
    if rule.get("labels", {}).get("severity") not in ("critical", "warning"):
        yield f"{name}: severity is neither critical nor warning"
    annotations = rule.get("annotations", {})
    yield from (f"{name}: has no {text}" for text in TEXTS if not annotations.get(text))
    for text in annotations.values():
        for label in re.findall(r"\$labels\.(\w+)", text):
            if label not in expression.labels:
                yield f"{name}: a text shows the label {label}, which the expression has not"


def runbook_faults(rules, pages):
    """`pages`: texts by path of all pages in deploy/runbooks but the index."""
    named = {}
    for rule in rules:
        page = rule.get("annotations", {}).get("runbook_url", "")
        named[page] = rule["alert"]
        if page not in pages:
            yield f"{rule['alert']}: its runbook {page} does not exist"
        elif not pages[page].startswith(f"# {rule['alert']}\n"):
            yield f"{page}: its heading is not {rule['alert']}"
    yield from (f"{page}: is the runbook of no alert" for page in sorted(set(pages) - set(named)))


def index_faults(rules, index):
    """The index has each alert with its page and severity."""
    rows = re.findall(r"^\| \[(\w+)\]\(([\w-]+\.md)\) \| (\w+) \|", index, re.M)
    wanted = [(rule["alert"], os.path.basename(rule["annotations"]["runbook_url"]), rule["labels"]["severity"]) for rule in rules]
    yield from (f"{RUNBOOKS}/README.md: lacks {row}" for row in wanted if row not in rows)
    yield from (f"{RUNBOOKS}/README.md: has {row}, which is no alert" for row in rows if row not in wanted)


def test_faults(rules, tests):
    """`tests`: what promtool's files test, as documents."""
    found = {(check["alertname"], bool(check["exp_alerts"])) for document in tests for test in document["tests"]
             for check in test["alert_rule_test"]}
    for rule in rules:
        for fires, what in ((True, "fires"), (False, "stays silent")):
            if (rule["alert"], fires) not in found:
                yield f"{rule['alert']}: no test shows that it {what}"


def promtool(*arguments):
    # One processor: with more, its garbage collector takes twice the time.
    run = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False,
                         env={**os.environ, "GOMAXPROCS": "1"})
    return [] if run.returncode == 0 else [f"promtool {' '.join(arguments[:2])}: {run.stdout.strip()} {run.stderr.strip()}"]


def syntax_faults(expressions):
    """Expressions that Prometheus cannot read: they are checked as recording rules."""
    rules = [{"record": "a", "expr": expr, "labels": {"n": str(i)}} for i, expr in enumerate(expressions)]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        json.dump({"groups": [{"name": "dashboards", "rules": rules}]}, file)  # Which is YAML too, and written faster.
        file.flush()
        return promtool("check", "rules", file.name)


def main():
    if not shutil.which("promtool"):
        print("dashboards: there is no promtool: deploy/install-dependencies --tests installs it")
        return 1
    metrics = promql.read_metrics()
    generator = load_generator()
    faults = generator.problems(generator.DASHBOARDS, metrics, generator.FOLDER)
    faults += syntax_faults([generator.without_variables(query.expr) for dashboard in generator.DASHBOARDS
                             for panel in dashboard.panels() for query in panel.queries])
    paths = [path for path in files(".yaml") if path.startswith(ALERTS + "/")]
    rule_files = [path for path in paths if "/tests/" not in path]
    tests = [path for path in paths if "/tests/" in path]
    rules = [rule for path in rule_files for rule in rules_of(read_yaml(path))]
    faults += [fault for rule in rules for fault in alert_faults(rule, metrics)]
    pages = {}
    for path in files(".md"):
        if path.startswith(RUNBOOKS + "/"):
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                pages[path] = file.read()
    faults += index_faults(rules, pages.pop(f"{RUNBOOKS}/README.md", ""))
    faults += runbook_faults(rules, pages)
    faults += test_faults(rules, [read_yaml(path) for path in tests])
    faults += promtool("check", "rules", *(os.path.join(ROOT, path) for path in rule_files))
    faults += promtool("test", "rules", *(os.path.join(ROOT, path) for path in tests))
    print("\n".join(faults) or f"dashboards: no faults in {len(generator.DASHBOARDS)} dashboards and {len(rules)} alerts")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
