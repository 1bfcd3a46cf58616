"""How the work is cut. Pure."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

from pipelines.cubes.cells import LENGTH, Cell, Chunk, Params
from pipelines.definition import Counts

# Facts have a partition a day, cubes one a month: a statement that reads or writes more of them is refused or slow.
FURTHEST: Final = timedelta(days=31)


def cut(cells: Sequence[Cell], params: Params) -> Iterator[Chunk]:
    """The cells (those of a cube together, the newest first) in chunks that one statement can bear."""
    done = 0
    for cube, group in groupby(cells, key=lambda cell: cell.cube):
        size = max(params.chunk * timedelta(hours=1) // LENGTH[cube], 1)
        for part in _parts(list(group), size):
            yield Chunk(part, done, len(cells))
            done += len(part)


def _parts(cells: Sequence[Cell], size: int) -> Iterator[tuple[Cell, ...]]:
    start = 0
    for index, cell in enumerate(cells):
        if index - start == size or cells[start].begin - cell.begin > FURTHEST:
            yield tuple(cells[start:index])
            start = index
    yield tuple(cells[start:])


def count(cells: Sequence[Cell]) -> Counts:
    """How many cells there were to compute."""
    return {"cells": len(cells)}
