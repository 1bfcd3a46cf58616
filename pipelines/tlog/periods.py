"""Which periods of arrivals are due, and which ranges of event time have their facts. Pure: no I/O."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from schema.instants import DAY, HOUR, MINUTE

LONGEST: Final = timedelta(hours=1)  # after an absence, periods are no longer than this
FIRST: Final = timedelta(days=1)  # how far back the first period begins if no day is closed
GAP: Final = HOUR  # minutes that are closer are read together


class Period(NamedTuple):
    """The facts that the stream stored from a time until another."""

    stored_from: datetime
    stored_before: datetime


class EventRange(NamedTuple):
    """A range of event time within one UTC day, in instants."""

    begin: int
    end: int


def due(begin: datetime, cut: datetime) -> Iterator[Period]:
    """The periods from `begin` until `cut`, one after the other; none if `cut` is not later."""
    while begin < cut:
        end = min(begin + LONGEST, cut)
        yield Period(begin, end)
        begin = end


def ranges(minutes: Iterable[int]) -> Iterator[EventRange]:
    """Few ranges that contain these minutes (instants, ascending). Each is within a day."""
    begin = end = None
    for minute in minutes:
        if begin is not None and end is not None:
            if minute - end <= GAP and minute // DAY == begin // DAY:
                end = minute + MINUTE
                continue
            yield EventRange(begin, end)
        begin, end = minute, minute + MINUTE
    if begin is not None and end is not None:
        yield EventRange(begin, end)
