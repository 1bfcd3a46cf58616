"""What is to be computed again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec

from schema.facts import Cube

CUBES: Final[Mapping[Cube, timedelta]] = {
    "cube_dlr_hourly": timedelta(hours=1),
    "cube_cdr_daily": timedelta(days=1),
    "cube_compliance_hourly": timedelta(hours=1),
}
"""With the length of a cell."""


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
    def is_last(self) -> bool:
        return self.done + len(self.cells) == self.total

    @property
    def first(self) -> datetime:
        return min(cell.begin for cell in self.cells)

    @property
    def end(self) -> datetime:
        """When the last cell ends."""
        return max(cell.begin for cell in self.cells) + CUBES[self.cube]
