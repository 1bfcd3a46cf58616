"""Where the host puts batches: the one thing in which functions of PostgreSQL and of ClickHouse differ."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, Protocol, TypeAlias

from functions.function import AnyFunction
from schema.decoding import Stamped
from schema.instants import DAY

Events: TypeAlias = Sequence[Stamped[Any]]
Result = Literal["counted", "duplicate", "stored"]
Results: TypeAlias = Mapping[Result, int]

# Each day is a partition: of those, a PostgreSQL transaction has locks for so many, and a ClickHouse insert takes 100.
DAYS_AT_ONCE: Final = 64


class Sink(Protocol):
    """A store that takes the effect of a batch, so that taking it again adds nothing."""

    async def begin(self, function: AnyFunction, stream_made_at: datetime) -> None:
        """Before anything is read from a stream; `stream_made_at` tells it from an earlier one of its name."""

    async def commit(self, function: AnyFunction, events: Events) -> Results:
        """Runs the function and stores what it says; how many events had which result.

        After an error, whatever it left, calling again with the same events completes the rest.
        """


def by_days(events: Events) -> Iterator[Events]:
    """The events as they are, unless they spread over more days than a store takes at once."""
    days = sorted({stamped.at // DAY for stamped in events})
    if 0 < len(days) <= DAYS_AT_ONCE:
        yield events
        return
    for first in range(0, len(days), DAYS_AT_ONCE):
        part = set(days[first : first + DAYS_AT_ONCE])
        yield [stamped for stamped in events if stamped.at // DAY in part]
