"""Divides an export's window into slices with a limited number of rows, one per file. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from graph.audit.statements import TimeSlice

COUNTED_AT_ONCE: Final = timedelta(days=92)  # the range of one counting statement


def counting_slices(from_: datetime, to: datetime) -> Iterator[TimeSlice]:
    """The slices whose rows are counted, in order."""
    while from_ < to:
        end = min(from_ + COUNTED_AT_ONCE, to)
        yield TimeSlice(from_, end)
        from_ = end


def file_slices(window: TimeSlice, hours: Iterable[tuple[datetime, int]], max_rows: int) -> Sequence[TimeSlice]:
    """Slices of at most `max_rows` rows that cover the window without a gap.

    `hours`: the hours with rows and their number of rows, in order. An hour is never divided, so a slice of one hour
    may have more rows. A window without rows is one slice.
    """
    bounds, rows = [window.from_], 0
    for hour, count in hours:
        if rows and rows + count > max_rows:
            bounds.append(hour)
            rows = 0
        rows += count
    return [TimeSlice(*each) for each in pairwise([*bounds, window.to])]
