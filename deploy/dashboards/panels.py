"""Panels and dashboards as small values, and the JSON that Grafana imports.

In expressions `{@}` stands for the targets that the variables choose, `{@,code="OK"}` for them and more matchers, `[@]`
for Grafana's interval of rates, and `{{@}}` in a legend is left alone.
"""

import dataclasses
import json

TARGETS = 'namespace=~"$namespace",job=~"$job",pod=~"$pod"'
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24


def expand(expr):
    return expr.replace("{@", "{" + TARGETS).replace("[@]", "[$__rate_interval]")


@dataclasses.dataclass
class Query:
    expr: str
    legend: str = ""

    def __post_init__(self):
        self.expr = expand(self.expr)


@dataclasses.dataclass
class Panel:
    """`unit` is Grafana's name of one. `steps`: (value, colour) from which a stat or gauge has another colour."""
    title: str
    queries: list
    help: str
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    height: int = 7
    stack: bool = False
    steps: tuple = ()
    words: dict = dataclasses.field(default_factory=dict)
    most: float = None

    def json(self, number, x, y):
        return {"id": number, "type": self.kind, "title": self.title, "description": self.help, "datasource": SOURCE,
                "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
                "targets": [self.target(i, query) for i, query in enumerate(self.queries)],
                "fieldConfig": {"defaults": self.defaults(), "overrides": []}, "options": self.options()}

    def target(self, i, query):
        now = self.kind in ("stat", "bargauge", "table")
        return {"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": query.expr, "legendFormat": query.legend,
                "range": not now, "instant": now, **({"format": "table"} if self.kind == "table" else {})}

    def defaults(self):
        steps = [{"value": None, "color": "green"}] + [{"value": value, "color": color} for value, color in self.steps]
        found = {"unit": self.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
        if self.most is not None:
            found["max"] = self.most
        if self.words:
            options = {str(value): {"text": text, "index": i} for i, (value, text) in enumerate(self.words.items())}
            found["mappings"] = [{"type": "value", "options": options}]
        if self.kind == "timeseries":
            found["custom"] = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 25 if self.stack else 8,
                               "showPoints": "never", "stacking": {"mode": "normal" if self.stack else "none"}}
            found["color"] = {"mode": "palette-classic"}
        else:
            found["color"] = {"mode": "thresholds"}
        return found

    def options(self):
        last = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        if self.kind == "timeseries":
            return {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                    "tooltip": {"mode": "multi", "sort": "desc"}}
        if self.kind == "bargauge":
            return {"reduceOptions": last, "orientation": "horizontal", "displayMode": "gradient"}
        if self.kind == "table":
            return {"showHeader": True}
        return {"reduceOptions": last, "colorMode": "value", "graphMode": "none", "textMode": "auto"}


@dataclasses.dataclass
class Row:
    title: str
    panels: list


@dataclasses.dataclass
class Dashboard:
    """`variables`: (name, series that has the label) besides those of the targets."""
    name: str
    title: str
    help: str
    rows: list
    variables: tuple = ()

    def panels(self):
        return [panel for row in self.rows for panel in row.panels]

    def choices(self):
        """(variable, the query for its values)."""
        above = ""
        for name in ("namespace", "job", "pod"):
            yield name, f"label_values(seedance_build_info{{{above}}}, {name})".replace("{}", "")
            above += ("," if above else "") + f'{name}=~"${name}"'
        for name, series in self.variables:
            yield name, f"label_values({series}{{{above}}}, {name})"

    def json(self):
        panels, number, y = [], 0, 0
        for row in self.rows:
            number += 1
            panels.append({"id": number, "type": "row", "title": row.title, "collapsed": False, "panels": [],
                           "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}})
            y, x, height = y + 1, 0, 0
            for panel in row.panels:
                if x + panel.width > WIDTH:
                    y, x, height = y + height, 0, 0
                number += 1
                panels.append(panel.json(number, x, y))
                x, height = x + panel.width, max(height, panel.height)
            y += height
        return {"uid": f"seedance-{self.name}", "title": self.title, "description": self.help,
                "tags": ["seedance-gateway"], "schemaVersion": 39, "version": 1, "editable": True, "graphTooltip": 1,
                "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "timezone": "browser",
                "links": [{"type": "dashboards", "tags": ["seedance-gateway"], "title": "seedance-gateway",
                           "asDropdown": False, "keepTime": True, "includeVars": True}],
                "templating": {"list": [SOURCE_VARIABLE] + [variable(*choice) for choice in self.choices()]},
                "annotations": {"list": []}, "panels": panels}

    def text(self):
        """One line for each panel, so that a change shows as such in a diff."""
        fields = self.json()
        panels = fields.pop("panels")
        lines = [f'  {json.dumps(key)}: {json.dumps(value)},' for key, value in fields.items()]
        lines += ['  "panels": ['] + [",\n".join("    " + json.dumps(panel) for panel in panels)] + ["  ]"]
        return "\n".join(["{"] + lines + ["}"]) + "\n"


SOURCE_VARIABLE = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "data source", "hide": 0,
                   "multi": False, "includeAll": False, "refresh": 1, "regex": "", "current": {}, "options": []}


def variable(name, query):
    """One that is taken from the labels of a series; all values at first, and those without the label too."""
    return {"name": name, "type": "query", "datasource": SOURCE, "definition": query, "label": name, "hide": 0,
            "query": {"query": query, "refId": f"variable-{name}"}, "refresh": 2, "sort": 1, "regex": "", "multi": True,
            "includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"}, "options": []}


def quantiles(series, by="", matchers="", legend=""):
    """Median, 95th and 99th percentile of a histogram."""
    labels = f"{by}, le" if by else "le"
    return [Query(f"histogram_quantile({q}, sum by ({labels}) (rate({series}_bucket{{@{matchers}}}[@])))",
                  f"{legend} {name}".strip()) for q, name in ((0.5, "median"), (0.95, "95 %"), (0.99, "99 %"))]


def of_store(series, by, matchers=""):
    """A gauge that all gateways of one store report alike: counted once for each installation."""
    return f"sum by ({by}) (max by (namespace, job, {by}) ({series}{{@{matchers}}}))"
