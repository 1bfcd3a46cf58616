"""How the work is cut. Pure."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

from pipelines.cubes.cells import CUBES, Cell, Chunk
from pipelines.cubes.params import Params
from pipelines.definition import Counts

# Facts have a partition a day, cubes one a month: a statement that reads or writes more of them is refused or slow.
FURTHEST: Final = timedelta(days=31)
# A day has the facts of 24 hours, but a small one costs a statement all the same.
DAYS_SHARE: Final = 4


def cut(cells: Sequence[Cell], params: Params) -> Sequence[Chunk]:
    """The cells (those of a cube together, the newest first) in chunks that one statement can bear."""
    chunks: list[Chunk] = []
    done = 0
    for cube, group in groupby(cells, key=lambda cell: cell.cube):
        size = params.chunk if CUBES[cube] == timedelta(hours=1) else params.chunk // DAYS_SHARE
        for part in _parts(list(group), size):
            chunks.append(Chunk(part, done, len(cells)))
            done += len(part)
    return chunks


def _parts(cells: Sequence[Cell], size: int) -> Iterator[tuple[Cell, ...]]:
    start = 0
    for index, cell in enumerate(cells):
        if index - start == size or cells[start].begin - cell.begin > FURTHEST:
            yield tuple(cells[start:index])
            start = index
    yield tuple(cells[start:])


def each(chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    """One after another: Kedro saves each before it asks for the next."""
    yield from chunks


def count(chunks: Sequence[Chunk]) -> Counts:
    """How many cells there were to compute."""
    return {"cells": sum(len(chunk.cells) for chunk in chunks)}
