"""What is to be computed again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec

from schema.facts import Cube

CUBES: Final[Mapping[Cube, timedelta]] = {
    "cube_dlr_hourly": timedelta(hours=1),
    "cube_dlr_daily": timedelta(days=1),
    "cube_cdr_daily": timedelta(days=1),
    "cube_compliance_hourly": timedelta(hours=1),
}
"""With the length of a cell."""

DAYS_OF: Final[Mapping[Cube, Cube]] = {"cube_dlr_hourly": "cube_dlr_daily"}
"""Cubes of hours from which another is computed, with that one of days."""


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`chunk`: hourly cells in one statement (of daily ones a quarter); `limit`: cells in one run, the newest first."""

    chunk: Annotated[int, msgspec.Meta(ge=4, le=10_000)] = 400
    limit: Annotated[int, msgspec.Meta(ge=1)] = 200_000


class Cell(msgspec.Struct, frozen=True):
    """All rows of a tenant that begin at one time, an hour or a day of UTC."""

    cube: Cube
    tenant: str
    begin: datetime


class Chunk(msgspec.Struct, frozen=True):
    """Cells of one cube, not far apart in time. `done` of the run's `total` cells precede it."""

    cells: tuple[Cell, ...]
    done: int
    total: int

    @property
    def cube(self) -> Cube:
        return self.cells[0].cube

    @property
    def days(self) -> "Chunk | None":
        """The days of these hours, in the cube that is computed from this one, if any is."""
        if self.cube not in DAYS_OF:
            return None
        days = (Cell(DAYS_OF[self.cube], cell.tenant, cell.begin.replace(hour=0)) for cell in self.cells)
        return Chunk(tuple(dict.fromkeys(days)), self.done, self.total)

    @property
    def is_last(self) -> bool:
        return self.done + len(self.cells) == self.total

    @property
    def first(self) -> datetime:
        return min(cell.begin for cell in self.cells)

    @property
    def end(self) -> datetime:
        """When the last cell ends."""
        return max(cell.begin for cell in self.cells) + CUBES[self.cube]
