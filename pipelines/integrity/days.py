"""Which days are due. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

DAY: Final = timedelta(days=1)
# How far the clocks of machines may be apart, and a replica behind what was written to another.
SETTLING: Final = timedelta(seconds=10)


class ChainPosition(NamedTuple):
    """How far the chain is, and could be.

    `cut`: every fact whose event the stream had stored by then is there; `first_open`: the first day that is not
    closed, None when there is no fact at all; `late`: closed days with facts that the chain does not have.
    """

    cut: datetime
    lag: timedelta
    first_open: date | None
    late: Sequence[date]


class Due(NamedTuple):
    """A day that is to have a link over what the stream had stored before `cut`."""

    day: date
    cut: datetime
    amends: bool


def due(position: ChainPosition) -> Iterator[Due]:
    """In this order: where a day is closed, whatever came late before is in the chain."""
    yield from (Due(day, position.cut, amends=True) for day in sorted(position.late))
    if position.first_open is None:
        return
    day = position.first_open
    while end(day) + position.lag <= position.cut:
        yield Due(day, position.cut, amends=False)
        day += DAY


def begin(day: date) -> datetime:
    """Of a UTC day."""
    return datetime.combine(day, time(), UTC)


def end(day: date) -> datetime:
    """Of a UTC day, excluded."""
    return begin(day) + DAY
