"""How the work is cut. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from pipelines.archive.days import Days, OldDay, Partition
from pipelines.definition import Counts

# Read and written at once: some 100 MB in memory.
MOST_ROWS: Final = 50_000


def plan(old: Sequence[OldDay]) -> Iterator[Days]:
    """The oldest first, as a month can go when all of its days have; together what is not much, month by month."""
    chunk: list[OldDay] = []
    for day in sorted(old):
        if chunk and (_month(chunk[0]) != _month(day) or sum(each.rows for each in chunk) + day.rows > MOST_ROWS):
            yield [each.day for each in chunk]
            chunk = []
        chunk.append(day)
    if chunk:
        yield [each.day for each in chunk]


def _month(day: OldDay) -> tuple[int, int]:
    return day.day.year, day.day.month


def tidy(moved: Days, partitions: Sequence[Partition]) -> Iterator[Partition]:
    """The months that may be empty now, whoever moved their days; `moved` is there to come first."""
    yield from partitions


def count(moved: Days) -> Counts:
    """How many days moved."""
    return {"days": len(moved)}
