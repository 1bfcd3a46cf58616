"""A dashboard: rows of panels, and their layout."""

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
    """A row of panels. With `repeat`, Grafana shows it once per value of that variable."""

    title: str
    panels: tuple[Placeable, ...]
    repeat: str | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard. `uid` is in its URL and its file name; `since` begins its default time range, as in now-7d."""

    uid: str
    title: str
    description: str
    variables: tuple[Json, ...]
    rows: tuple[Row, ...]
    since: str
    refresh: str

    def json(self) -> Json:
        """The dashboard's JSON for Grafana, not editable there."""
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
            "links": [_dashboards_menu()],
            "annotations": {"list": []},
            "templating": {"list": list(self.variables)},
            "panels": list(placed(self.rows)),
        }


def placed(rows: Sequence[Row]) -> Iterator[Json]:
    """The rows and panels with ids from 1 and positions: left to right, wrapped when a panel does not fit."""
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


def _dashboards_menu() -> Json:
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
