"""Splits dirty cells into chunks, and counts them. Pure: no I/O."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

from pipelines.cubes.cells import CELL_LENGTHS, Cell, Chunk
from pipelines.cubes.params import Params
from pipelines.definition import Counts

# Facts have one partition per day, cubes one per month: a statement that spans more is refused or slow.
MAX_SPAN: Final = timedelta(days=31)
# A chunk has this many times fewer days than hours: a day has the facts of 24 hours, but mostly much fewer.
DAILY_DIVISOR: Final = 4


def split_into_chunks(cells: Sequence[Cell], params: Params) -> Sequence[Chunk]:
    """Chunks that one statement can process. `cells` are grouped by cube, newest first."""
    chunks: list[Chunk] = []
    done = 0
    for cube, group in groupby(cells, key=lambda cell: cell.cube):
        size = params.chunk if CELL_LENGTHS[cube] == timedelta(hours=1) else params.chunk // DAILY_DIVISOR
        for part in _parts(list(group), size):
            chunks.append(Chunk(part, done, len(cells)))
            done += len(part)
    return chunks


def _parts(cells: Sequence[Cell], size: int) -> Iterator[tuple[Cell, ...]]:
    start = 0
    for index, cell in enumerate(cells):
        if index - start == size or cells[start].begin - cell.begin > MAX_SPAN:
            yield tuple(cells[start:index])
            start = index
    yield tuple(cells[start:])


def each(chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    """Yields the chunks one by one: Kedro saves each before it takes the next."""
    yield from chunks


def count(chunks: Sequence[Chunk]) -> Counts:
    """The number of cells to compute."""
    return {"cells": sum(len(chunk.cells) for chunk in chunks)}
