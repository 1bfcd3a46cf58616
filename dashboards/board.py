"""A board: rows of panels, put into places and numbered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from dashboards.panels import Placeable
from dashboards.sources import Json

COLUMNS: Final = 24
SCHEMA_VERSION: Final = 41


@dataclass(frozen=True, slots=True)
class Row:
    """`repeat`: once for each value of that variable, of which the panels see that one only."""

    title: str
    panels: tuple[Placeable, ...]
    repeat: str | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """`uid` is its address in Grafana and the name of its file; `since` is what it shows at first, as now-7d."""

    uid: str
    title: str
    description: str
    variables: tuple[Json, ...]
    rows: tuple[Row, ...]
    since: str
    refresh: str

    def json(self) -> Json:
        """As Grafana reads it; not to be edited there."""
        return {
            "uid": f"anlyt-{self.uid}",
            "title": self.title,
            "description": self.description,
            "tags": ["anlyt"],
            "schemaVersion": SCHEMA_VERSION,
            "editable": False,
            "graphTooltip": 1,
            "timezone": "utc",
            "time": {"from": self.since, "to": "now"},
            "refresh": self.refresh,
            "links": [_others()],
            "annotations": {"list": []},
            "templating": {"list": list(self.variables)},
            "panels": list(placed(self.rows)),
        }


def placed(rows: Sequence[Row]) -> Iterator[Json]:
    """From the top left, each where there is room beside the one before, or else below; ids count from 1."""
    numbers, top = count(1), 0
    for row in rows:
        repeated = {"repeat": row.repeat} if row.repeat else {}
        place = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
        yield {"id": next(numbers), "type": "row", "title": row.title, "collapsed": False, "panels": [], **repeated} | {
            "gridPos": place
        }
        left, top, bottom = 0, top + 1, top + 1
        for panel in row.panels:
            if left + panel.width > COLUMNS:
                left, top = 0, bottom
            place = {"x": left, "y": top, "w": panel.width, "h": panel.height}
            yield {"id": next(numbers), **panel.content, "gridPos": place}
            left, bottom = left + panel.width, max(bottom, top + panel.height)
        top = bottom


def _others() -> Json:
    return {
        "title": "anlyt",
        "type": "dashboards",
        "tags": ["anlyt"],
        "asDropdown": True,
        "icon": "external link",
        "includeVars": False,
        "keepTime": True,
        "targetBlank": False,
        "tooltip": "",
        "url": "",
    }
