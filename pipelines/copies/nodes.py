"""Passes windows and hours on, and counts the results of a run. Pure: no I/O."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pipelines.copies.removal import Removed
from pipelines.copies.windows import SearchWindow
from pipelines.definition import Counts


def each(windows: Sequence[SearchWindow]) -> Iterator[SearchWindow]:
    """Yields the windows one by one: Kedro saves each before it takes the next."""
    yield from windows


def take(hours: Sequence[datetime]) -> Sequence[datetime]:
    """Contested hours, unchanged: Kedro needs a node between two datasets."""
    return hours


def count(removed: Sequence[Removed], peaks: int) -> Counts:
    """The numbers of searched windows, removed facts, copies that stay as evidence, and recomputed peaks."""
    return {
        "windows": len(removed),
        "facts_removed": sum(each.facts for each in removed),
        "copies_of_closed_days": sum(each.closed for each in removed),
        "peaks": peaks,
    }
