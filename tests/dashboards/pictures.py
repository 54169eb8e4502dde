"""Draws each panel's result from Prometheus in the grid of its dashboard, to be looked at. It is not Grafana: the data, the
units, the legends and the layout are those of the dashboard, the rest is matplotlib's."""

import os
import re
import time

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # pylint: disable=wrong-import-position

import stack  # pylint: disable=wrong-import-position

COLUMNS = 24
INCHES_WIDE, INCHES_HIGH = 0.85, 0.52  # Of a cell of the grid.


def shown(value, unit):
    """A value as Grafana's units show it, more or less."""
    if value != value:
        return "no value"
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit in ("bytes", "Bps"):
        for name in ("B", "KiB", "MiB", "GiB"):
            if abs(value) < 1024 or name == "GiB":
                return f"{value:.3g} {name}" + ("/s" if unit == "Bps" else "")
            value /= 1024
    if unit == "s":
        for limit, part, name in ((1, 0.001, "ms"), (120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
            if abs(value) < limit:
                return f"{value / part:.3g} {name}"
        return f"{value / 86400:.3g} d"
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}") + {"reqps": " /s", "ops": " /s", "cps": " /s"}.get(unit, "")


def legend(query, labels):
    text = re.sub(r"{{(\w+)}}", lambda match: labels.get(match.group(1), ""), query.legend).strip()
    return text or ", ".join(f"{key}={value}" for key, value in labels.items()) or "value"


def color(panel, value):
    found = "#37872d"
    for step, name in panel.steps:
        if value >= step:
            found = {"red": "#c4162a", "orange": "#e0752d"}.get(name, name)
    return found


def rows_of(all_of, panel, begin, end):
    """(legend, times, values) of all series of a panel."""
    for query in panel.queries:
        data = all_of.ask("query_range", query=stack.prometheus_expr(query.expr), start=begin, end=end, step=max(1, int((end - begin) / 200)))
        for row in data["result"]:
            times = [point[0] - begin for point in row["values"]]
            yield legend(query, row["metric"]), times, [float(point[1]) for point in row["values"]]


def draw_series(axes, panel, rows, span):
    if panel.stack:
        step = max(1, int(span / 200))
        steps = range(0, int(span) + 1, step)
        known = [dict(zip((round(at / step) * step for at in times), values)) for _, times, values in rows]
        axes.stackplot(list(steps), [[series.get(at, 0) for at in steps] for series in known],
                       labels=[name for name, _, _ in rows], alpha=0.7)
    else:
        for name, times, values in rows:
            axes.plot(times, values, label=name, linewidth=1.2)
    axes.set_xlim(0, span)
    axes.set_ylim(0, panel.most or 1.1 * (axes.dataLim.y1 if axes.dataLim.y1 > 0 else 1))
    axes.yaxis.set_major_formatter(lambda value, _: shown(value, panel.unit))
    axes.tick_params(labelsize=6, length=2)
    axes.grid(alpha=0.25)
    if rows:
        axes.legend(fontsize=5.5, loc="upper left", ncol=2 if len(rows) > 5 else 1, framealpha=0.6)


def draw_values(axes, panel, rows):
    """Stats and bars: the last value of each series."""
    axes.axis("off")
    last = [(name, values[-1]) for name, _, values in rows]
    for i, (name, value) in enumerate(last[:8]):
        text = panel.words.get(int(value), shown(value, panel.unit)) if value == value else "no value"
        place = 1 - (i + 0.5) / max(len(last[:8]), 1)
        if panel.kind == "stat" and len(last) == 1:
            axes.text(0.5, 0.45, text, fontsize=17, ha="center", va="center", color=color(panel, value))
        else:
            axes.text(0.02, place, name, fontsize=7, va="center")
            axes.text(0.98, place, text, fontsize=9, ha="right", va="center", color=color(panel, value))


def draw(all_of, dashboard, begin, path):
    end = time.time()
    layout = dashboard.json()["panels"]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in layout)
    figure = pyplot.figure(figsize=(COLUMNS * INCHES_WIDE, height * INCHES_HIGH), dpi=75)
    panels = iter(dashboard.panels())
    for place in layout:
        at = place["gridPos"]
        top = 1 - at["y"] / height
        if place["type"] == "row":
            figure.text(0.005, top - 0.5 / height, place["title"], fontsize=11, weight="bold", va="center")
            continue
        panel = next(panels)
        axes = figure.add_axes([(at["x"] + 0.9) / COLUMNS, top - (at["h"] - 0.7) / height, (at["w"] - 1.1) / COLUMNS,
                                (at["h"] - 1.7) / height])
        axes.set_title(panel.title, fontsize=8, loc="left", pad=3)
        rows = list(rows_of(all_of, panel, begin, end))
        if panel.kind == "timeseries":
            draw_series(axes, panel, rows, end - begin)
        else:
            draw_values(axes, panel, rows)
        if not rows:
            axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", color="#888888")
    figure.savefig(path)
    pyplot.close(figure)


def draw_all(all_of, dashboards, begin, folder):
    os.makedirs(folder, exist_ok=True)
    for dashboard in dashboards:
        path = os.path.join(folder, f"{dashboard.name}.png")
        draw(all_of, dashboard, begin, path)
        print(f"  {path}")
