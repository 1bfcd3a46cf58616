"""What is to be computed again."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from schema.facts import Cube


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`chunk`: hourly cells in one statement (of days, a 24th); `limit`: cells in one run, the newest first."""

    chunk: Annotated[int, msgspec.Meta(ge=24, le=10_000)] = 400
    limit: Annotated[int, msgspec.Meta(ge=1)] = 200_000


class Cell(msgspec.Struct, frozen=True):
    """All rows of a tenant that begin at one time, an hour or a day of UTC."""

    cube: Cube
    tenant: str
    begin: datetime


class Chunk(msgspec.Struct, frozen=True):
    """Cells of one cube, not far apart in time. `done` of `total` cells precede it in the run."""

    cells: tuple[Cell, ...]
    done: int
    total: int

    @property
    def cube(self) -> Cube:
        return self.cells[0].cube

    @property
    def first(self) -> datetime:
        return min(cell.begin for cell in self.cells)

    @property
    def end(self) -> datetime:
        """When the last cell ends."""
        return max(cell.begin for cell in self.cells) + LENGTH[self.cube]


LENGTH: dict[Cube, timedelta] = {
    "cube_dlr_hourly": timedelta(hours=1),
    "cube_cdr_daily": timedelta(days=1),
    "cube_compliance_hourly": timedelta(hours=1),
}
