"""What a run does, and what it says of itself. Pure."""

from collections.abc import Iterator, Sequence

from pipelines.copies.peaks import Hour
from pipelines.copies.removal import Removed
from pipelines.copies.windows import Window
from pipelines.definition import Counts


def each(windows: Sequence[Window]) -> Iterator[Window]:
    """One after another: Kedro saves each before it asks for the next."""
    yield from windows


def take(hours: Sequence[Hour]) -> Sequence[Hour]:
    """All that are contested."""
    return hours


def count(removed: Sequence[Removed], peaks: int) -> Counts:
    """Windows that were searched, facts removed, copies left because they are evidence, and peaks computed again."""
    return {
        "windows": len(removed),
        "facts_removed": sum(each.facts for each in removed),
        "copies_of_closed_days": sum(each.closed for each in removed),
        "peaks": peaks,
    }
