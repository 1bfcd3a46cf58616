"""Panels as plain data, less their place and number, which the board gives them."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Final

from dashboards.limits import Limit
from dashboards.sources import Json

COLORS: Final = {"warning": "orange", "critical": "red"}
"""Of the line at which an alert fires, by its severity."""
FROM_ZERO: Final[Json] = {"min": 0}
_LEGEND: Final = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}


@dataclass(frozen=True, slots=True)
class Panel:
    """`title` and `description` for people; `runbooks` are pages of docs/runbooks, the first to open first."""

    title: str
    description: str
    runbooks: tuple[str, ...]
    targets: tuple[Json, ...]
    unit: str
    width: int = 12  # of 24 columns
    height: int = 8

    def shown_as(self, kind: str, options: Json, defaults: Json, **more: Any) -> "Placeable":
        """`defaults` of its fields; `overrides` of some of them, and whatever else the panel says, in `more`."""
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
    """A panel's JSON, and how much room it takes."""

    content: Json
    width: int
    height: int


def lines(panel: Panel, *limits: Limit, bars: bool = False, axis: Json = FROM_ZERO, **more: Any) -> Placeable:
    """Over time. Each limit is a dashed line, in the color of its alert's severity; bars are stacked."""
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
    return panel.shown_as("timeseries", options, {**defaults, **axis}, **more)


def values(panel: Panel) -> Placeable:
    """The newest value of each series, in words."""
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
    return panel.shown_as("stat", options, {"color": {"mode": "thresholds"}, "thresholds": thresholds(())})


def table(panel: Panel, **units: str) -> Placeable:
    """Rows as the query gives them; `units` of columns that are not in the panel's."""
    overrides = [
        {"matcher": {"id": "byName", "options": column}, "properties": [{"id": "unit", "value": unit}]}
        for column, unit in units.items()
    ]
    options = {"showHeader": True, "cellHeight": "sm", "frameIndex": 0}
    custom = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False}
    return panel.shown_as("table", options, {"custom": custom}, overrides=overrides)


def heatmap(panel: Panel, **more: Any) -> Placeable:
    """A cell for each time and series, colored by its value: nothing is counted, no bucket is made."""
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
    return panel.shown_as("heatmap", options, {"displayName": "${__field.labels.lane}"}, **more)


def scatter(panel: Panel, series: str, axes: tuple[str, str, str], units: Sequence[tuple[str, str]]) -> Placeable:
    """A bubble a row: `axes` are the columns of its x, its y and its size, `series` that of its color."""
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
    # A frame for each value of `series`, by whose name the plugin calls and colors its bubbles.
    parts = {"id": "partitionByValues", "options": {"fields": [series], "keepFields": False}}
    defaults = {"color": {"mode": "palette-classic"}, "custom": custom}
    return panel.shown_as("xychart", options, defaults, overrides=overrides, transformations=[parts])


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
