"""Expressions of PromQL against the table of metrics in deploy/metrics.md: what they name must exist and fit."""

import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "deploy/metrics.md")

# Labels that Prometheus gives to each target, and those of series that Prometheus makes itself.
TARGET = {"namespace", "job", "pod", "instance"}
OF_PROMETHEUS = {"up": ("gauge", set()), "ALERTS": ("gauge", {"alertname", "alertstate", "severity"})}

OF_COUNTERS = {"rate", "increase", "irate", "resets"}
# They ask whether a series is there, not for its value.
OF_ANY = {"absent", "last_over_time", "present_over_time"}
FUNCTIONS = OF_COUNTERS | OF_ANY | {
    "abs", "avg", "avg_over_time", "ceil", "changes", "clamp_max", "clamp_min", "count", "delta", "deriv", "group",
    "histogram_quantile", "label_replace", "max", "max_over_time", "min", "min_over_time", "predict_linear", "round",
    "scalar", "sort_desc", "sum", "sum_over_time", "time", "timestamp", "topk", "vector"}
LABEL_LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
WORDS = {"and", "or", "unless", "bool", "offset"}
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\[[^\]]*\]|[a-zA-Z_:][\w:]*|\$\w+|\d[\w.]*|[=!]~|[=!<>]=|[{}()=<>,+\-*/%^]')
NAME = re.compile(r"[a-zA-Z_:][\w:]*$")


class Metrics:
    """The metrics of the page: their types and labels."""

    def __init__(self, page):
        rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \| ([\w, ]*) \|", page, re.M)
        self.table = {name: (kind, set(labels.replace(" ", "").split(",")) - {""}) for name, kind, labels in rows}
        self.table.update(OF_PROMETHEUS)

    def series(self, name):
        """(type, labels) of the series `name`; None when there is none. Of a histogram only the parts are series."""
        kind, labels = self.table.get(name, (None, None))
        if kind in ("counter", "gauge"):
            return kind, labels | TARGET
        base, _, part = name.rpartition("_")
        kind, labels = self.table.get(base, (None, None))
        if kind == "histogram" and part in ("bucket", "sum", "count"):
            return "counter", labels | TARGET | ({"le"} if part == "bucket" else set())
        return None


def read_metrics(path=PAGE):
    with open(path, encoding="utf-8") as file:
        metrics = Metrics(file.read())
    if len(metrics.table) == len(OF_PROMETHEUS):
        raise ValueError(f"{path}: has no table of metrics")
    return metrics


def matching(tokens, start):
    """Index of the bracket that closes the one at `start`."""
    pairs = {"(": ")", "{": "}"}
    depth = 0
    for i in range(start, len(tokens)):
        depth += (tokens[i] == tokens[start]) - (tokens[i] == pairs[tokens[start]])
        if depth == 0:
            return i
    return len(tokens) - 1


class Expression:
    """One expression; `faults` says what is wrong with it, `labels` which labels its result may have."""

    def __init__(self, text, metrics):
        self.metrics = metrics
        self.tokens = TOKEN.findall(text)
        self.faults = []
        self.names = set()
        self.labels = self.check(0, len(self.tokens))
        if re.sub(r"\s", "", text) != re.sub(r"\s", "", "".join(self.tokens)):
            self.faults.append("cannot be read")

    def fault(self, text):
        if text not in self.faults:
            self.faults.append(text)

    def labels_of(self, start, end):
        """Labels of all series named between two tokens."""
        labels = set()
        for token in self.tokens[start:end]:
            labels |= (self.metrics.series(token) or ("", set()))[1]
        return labels

    def check(self, start, end, function=""):
        """Checks the tokens; the labels that the result may have."""
        labels = set()
        i = start
        while i < end:
            token = self.tokens[i]
            following = self.tokens[i + 1] if i + 1 < end else ""
            if token in LABEL_LISTS and following == "(":
                i = self.check_on(i, start, end)
            elif token in FUNCTIONS and following in ("(", "by", "without"):
                i, found = self.check_call(i)
                labels |= found
            elif token == "(":
                close = matching(self.tokens, i)
                labels |= self.check(i + 1, close)
                i = close
            elif NAME.match(token) and token not in WORDS:
                i, found = self.check_metric(i, function)
                labels |= found
            i += 1
        return labels

    def listed(self, i):
        """Labels of the list that follows token i, and the index where it ends."""
        close = matching(self.tokens, i + 1)
        return [name for name in self.tokens[i + 2:close] if name != ","], close

    def check_on(self, i, start, end):
        names, close = self.listed(i)
        for name in names:
            if name not in self.labels_of(start, end):
                self.fault(f"{self.tokens[i]} ({name}): no metric beside it has this label")
        return close

    def check_call(self, i):
        """A function, or an aggregation with its labels in front."""
        name, grouping, names = self.tokens[i], self.tokens[i + 1], []
        i += 1
        if grouping in ("by", "without"):
            names, close = self.listed(i)
            i = close + 1
        close = matching(self.tokens, i)
        inner = self.check(i + 1, close, name)
        for label in names:
            if label not in inner:
                self.fault(f"{name} {grouping} ({label}): no metric in it has this label")
        if grouping == "by":
            inner = set(names)
        elif grouping == "without":
            inner -= set(names)
        elif name in ("sum", "max", "min", "avg", "count", "group"):
            inner = set()
        return close, inner - {"le"} if name == "histogram_quantile" else inner

    def check_metric(self, i, function):
        """A series with its matchers. `function`: the one whose argument it is."""
        name = self.tokens[i]
        self.names.add(name)
        kind, labels = self.metrics.series(name) or (None, set())
        if kind is None:
            self.fault(f"{name} is no series of deploy/metrics.md")
        end = i
        if self.tokens[i + 1:i + 2] == ["{"]:
            end = matching(self.tokens, i + 1)
            for label, sign in zip(self.tokens[i + 2:end], self.tokens[i + 3:end]):
                if sign in ("=", "!=", "=~", "!~") and kind and label not in labels:
                    self.fault(f"{name} has no label {label}")
        if kind == "counter" and function not in OF_COUNTERS | OF_ANY:
            self.fault(f"{name} is a counter: use rate or increase")
        if kind == "gauge" and function in OF_COUNTERS:
            self.fault(f"{name} is a gauge: no {function} of it")
        return end, labels


def faults(text, metrics, legend=""):
    """What is wrong with an expression, and with the labels that its legend shows."""
    expression = Expression(text, metrics)
    missing = [f"the legend shows {name}, which the result has not"
               for name in re.findall(r"{{\s*(\w+)\s*}}", legend) if name not in expression.labels]
    return expression.faults + missing
