"""Decides which days are due to be closed or amended. Pure: no I/O."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

DAY: Final = timedelta(days=1)
# Allows for differing clocks of machines, and for the lag of a replica.
SETTLING: Final = timedelta(seconds=10)


class ChainPosition(NamedTuple):
    """The state of the chain.

    `cut`: facts are complete for events that the stream stored before it. `first_open`: the first day that is not
    closed; None if there is no fact at all. `late`: closed days with facts that the chain does not cover.
    """

    cut: datetime
    lag: timedelta
    first_open: date | None
    late: Sequence[date]


class Due(NamedTuple):
    """A day that needs a link over the facts whose events the stream stored before `cut`."""

    day: date
    cut: datetime
    amends: bool


def due(position: ChainPosition) -> Iterator[Due]:
    """The due days; late ones first, so that the chain has earlier late facts when it closes a further day."""
    yield from (Due(day, position.cut, amends=True) for day in sorted(position.late))
    if position.first_open is None:
        return
    day = position.first_open
    while end(day) + position.lag <= position.cut:
        yield Due(day, position.cut, amends=False)
        day += DAY


def begin(day: date) -> datetime:
    """The beginning of a UTC day."""
    return datetime.combine(day, time(), UTC)


def end(day: date) -> datetime:
    """The end of a UTC day, excluded."""
    return begin(day) + DAY
