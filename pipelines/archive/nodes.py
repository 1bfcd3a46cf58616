"""Splits the work into parts, and counts it. Pure: no I/O."""

from collections.abc import Iterator, Sequence
from typing import Final

from pipelines.archive.days import Days, OldDay, OldPartition
from pipelines.definition import Counts

# Rows that are read and written together: some 100 MB in memory.
MAX_ROWS: Final = 50_000


def plan(old: Sequence[OldDay]) -> Iterator[Days]:
    """Groups of days of one month with at most MAX_ROWS rows together, or one day.

    The oldest come first: a month can be dropped after all its days.
    """
    chunk: list[OldDay] = []
    for day in sorted(old):
        if chunk and (_month(chunk[0]) != _month(day) or sum(each.rows for each in chunk) + day.rows > MAX_ROWS):
            yield [each.day for each in chunk]
            chunk = []
        chunk.append(day)
    if chunk:
        yield [each.day for each in chunk]


def _month(day: OldDay) -> tuple[int, int]:
    return day.day.year, day.day.month


def partitions_to_drop(transferred: Days, partitions: Sequence[OldPartition]) -> Iterator[OldPartition]:
    """The partitions that may be empty now. `transferred` is an input so that this node runs after the transfer."""
    yield from partitions


def count(transferred: Days) -> Counts:
    """The number of transferred days."""
    return {"days": len(transferred)}
