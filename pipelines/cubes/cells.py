"""Cells of cubes, and chunks of cells that are computed together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from schema.cubes import CUBES
from schema.facts import Cube

CELL_LENGTHS: Final[Mapping[Cube, timedelta]] = {
    cube.name: timedelta(days=1) if cube.time == "day" else timedelta(hours=1) for cube in CUBES
}
DAYS_OF: Final[Mapping[Cube, Cube]] = {"cube_dlr_hourly": "cube_dlr_daily", "cube_cdr_hourly": "cube_cdr_daily"}
"""Hourly cubes, each with the daily cube that is computed from it."""
HOURS_OF: Final[Mapping[Cube, Cube]] = {days: hours for hours, days in DAYS_OF.items()}
HOURS_PER_DAY: Final = 24


class Cell(msgspec.Struct, frozen=True):
    """The rows of a cube for one tenant and one UTC hour or day."""

    cube: Cube
    tenant: str
    begin: datetime


class Chunk(msgspec.Struct, frozen=True):
    """Cells of one cube, close in time. The run has `total` cells; `done` of them precede the chunk."""

    cells: tuple[Cell, ...]
    done: int
    total: int

    @property
    def cube(self) -> Cube:
        return self.cells[0].cube

    @property
    def parts(self) -> Sequence["Chunk"]:
        """The chunks to compute, in order: hours, then the days that contain them.

        A marked day stands for all its hours.
        """
        if self.cube in DAYS_OF:
            days = (Cell(DAYS_OF[self.cube], cell.tenant, cell.begin.replace(hour=0)) for cell in self.cells)
            return self, self._of(dict.fromkeys(days))
        if self.cube in HOURS_OF:
            return self._of(hour for cell in self.cells for hour in _hours(cell)), self
        return (self,)

    def _of(self, cells: Iterable[Cell]) -> "Chunk":
        return Chunk(tuple(cells), self.done, self.total)

    @property
    def is_last(self) -> bool:
        return self.done + len(self.cells) == self.total

    @property
    def first(self) -> datetime:
        return min(cell.begin for cell in self.cells)

    @property
    def end(self) -> datetime:
        """The end of the last cell, excluded."""
        return max(cell.begin for cell in self.cells) + CELL_LENGTHS[self.cube]


def _hours(day: Cell) -> Iterator[Cell]:
    return (Cell(HOURS_OF[day.cube], day.tenant, day.begin.replace(hour=hour)) for hour in range(HOURS_PER_DAY))
