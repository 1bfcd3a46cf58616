"""What a run does, and what it says of itself. Pure."""

from collections.abc import Iterator, Sequence

from pipelines.copies.removal import Removed
from pipelines.copies.windows import Window
from pipelines.definition import Counts


def each(windows: Sequence[Window]) -> Iterator[Window]:
    """One after another: Kedro saves each before it asks for the next."""
    yield from windows


def count(removed: Sequence[Removed]) -> Counts:
    """How many windows were searched, facts removed, and copies left because they are evidence."""
    return {
        "windows": len(removed),
        "facts_removed": sum(each.facts for each in removed),
        "copies_sealed": sum(each.sealed for each in removed),
    }
