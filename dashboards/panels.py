"""Panels as plain data, without id and position, which the board adds."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Final

from dashboards.limits import Limit
from dashboards.sources import Json

COLORS: Final = {"warning": "orange", "critical": "red"}
"""The color of an alert's line, by the alert's severity."""
FROM_ZERO: Final[Json] = {"min": 0}
_LEGEND: Final = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}


@dataclass(frozen=True, slots=True)
class Panel:
    """What all kinds of panels have. `runbooks` are pages of docs/runbooks, the most important one first."""

    title: str
    description: str
    runbooks: tuple[str, ...]
    targets: tuple[Json, ...]
    unit: str
    width: int = 12  # of 24 columns
    height: int = 8

    def visualization(self, kind: str, options: Json, defaults: Json, **more: Any) -> "Placeable":
        """The panel's JSON. `defaults` are for all fields; `more` has `overrides` and other members."""
        overrides = more.pop("overrides", [])
        content = {
            "type": kind,
            "title": self.title,
            "description": self.description,
            "datasource": self.targets[0]["datasource"],
            "targets": [{**target, "refId": ref} for target, ref in zip(self.targets, ascii_uppercase, strict=False)],
            "fieldConfig": {"defaults": {"unit": self.unit, **defaults}, "overrides": overrides},
            "options": options,
            "links": [_link(page) for page in self.runbooks],
        }
        return Placeable(content | more, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Placeable:
    """A panel's JSON, and its size in grid units."""

    content: Json
    width: int
    height: int


def lines(panel: Panel, *limits: Limit, bars: bool = False, axis: Json = FROM_ZERO, **more: Any) -> Placeable:
    """Series over time, as lines or stacked bars. Each limit is a dashed line in the color of its alert's severity."""
    custom = {
        "drawStyle": "bars" if bars else "line",
        "lineWidth": 1,
        "fillOpacity": 70 if bars else 8,
        "showPoints": "auto",
        "spanNulls": False,
        "stacking": {"mode": "normal" if bars else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if limits else "off"},
    }
    defaults = {"color": {"mode": "palette-classic"}, "custom": custom, "thresholds": thresholds(limits)}
    options = {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}}
    return panel.visualization("timeseries", options, {**defaults, **axis}, **more)


def values(panel: Panel) -> Placeable:
    """The newest value of each series, as text."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "none",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "value_and_name",
        "percentChangeColorMode": "standard",
        "showPercentChange": False,
        "wideLayout": True,
    }
    return panel.visualization("stat", options, {"color": {"mode": "thresholds"}, "thresholds": thresholds(())})


def table(panel: Panel, **units: str) -> Placeable:
    """The rows of a query. `units` has the columns whose unit is not the panel's."""
    overrides = [
        {"matcher": {"id": "byName", "options": column}, "properties": [{"id": "unit", "value": unit}]}
        for column, unit in units.items()
    ]
    options = {"showHeader": True, "cellHeight": "sm", "frameIndex": 0}
    custom = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False}
    return panel.visualization("table", options, {"custom": custom}, overrides=overrides)


def heatmap(panel: Panel, **more: Any) -> Placeable:
    """One cell per time and series, colored by its value. Grafana counts nothing and makes no buckets."""
    options = {
        "calculate": False,
        "cellGap": 1,
        "cellValues": {"unit": panel.unit},
        "color": {
            "mode": "scheme",
            "scheme": "Oranges",
            "fill": "dark-orange",
            "scale": "exponential",
            "exponent": 0.5,
            "steps": 64,
            "reverse": False,
        },
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto", "value": panel.title},
        "showValue": "never",
        "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": True},
        "yAxis": {"axisPlacement": "left", "reverse": False},
    }
    return panel.visualization("heatmap", options, {"displayName": "${__field.labels.lane}"}, **more)


def scatter(panel: Panel, series: str, axes: tuple[str, str, str], units: Sequence[tuple[str, str]]) -> Placeable:
    """One bubble per row. `axes` are the columns of x, y and size; `series` is the column of the color."""
    x, y, size = axes
    named = {axis: {"matcher": {"id": "byName", "options": column}} for axis, column in zip("xy", (x, y), strict=True)}
    options = {
        "mapping": "auto",
        "series": [{**named, "size": {"matcher": {"id": "byName", "options": size}}}],
        "legend": _LEGEND,
        "tooltip": {"mode": "single", "sort": "none"},
    }
    custom = {"show": "points", "pointSize": {"min": 6, "max": 40}, "pointStrokeWidth": 1, "fillOpacity": 50}
    overrides = [
        {
            "matcher": {"id": "byName", "options": column},
            "properties": [{"id": "unit", "value": unit}, {"id": "custom.axisLabel", "value": column}],
        }
        for column, unit in units
    ]
    # One frame per value of `series`: the plugin names and colors bubbles by their frame.
    parts = {"id": "partitionByValues", "options": {"fields": [series], "keepFields": False}}
    defaults = {"color": {"mode": "palette-classic"}, "custom": custom}
    return panel.visualization("xychart", options, defaults, overrides=overrides, transformations=[parts])


def thresholds(limits: Sequence[Limit]) -> Json:
    steps = [{"color": COLORS[each.severity], "value": each.threshold} for each in limits]
    ordered = sorted(steps, key=lambda step: float(str(step["value"])))
    return {"mode": "absolute", "steps": [{"color": "green", "value": None}, *ordered]}


def _link(page: str) -> Json:
    return {
        "title": f"Runbook: {page}",
        "type": "link",
        "url": f"${{runbooks:raw}}/{page}.md",
        "icon": "doc",
        "targetBlank": True,
        "asDropdown": False,
        "includeVars": False,
        "keepTime": False,
        "tags": [],
        "tooltip": "",
    }
