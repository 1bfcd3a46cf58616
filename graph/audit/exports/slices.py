"""An export's window, cut into slices of a bounded number of rows: a file each. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from graph.audit.statements import Slice

COUNTED_AT_ONCE: Final = timedelta(days=92)  # by one statement, so that each is short


def windows(from_: datetime, to: datetime) -> Iterator[Slice]:
    """The window in pieces to be counted, in order."""
    while from_ < to:
        end = min(from_ + COUNTED_AT_ONCE, to)
        yield Slice(from_, end)
        from_ = end


def cut(window: Slice, hours: Iterable[tuple[datetime, int]], most: int) -> Sequence[Slice]:
    """Slices of at most so many rows that cover the window without a gap; `hours`: those with rows, in order.

    An hour is not cut, whatever it has. A window without rows is one slice.
    """
    edges, rows = [window.from_], 0
    for hour, count in hours:
        if rows and rows + count > most:
            edges.append(hour)
            rows = 0
        rows += count
    return [Slice(*edge) for edge in pairwise([*edges, window.to])]
