"""What the host needs of a store. PostgreSQL and ClickHouse functions differ in nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, Protocol, TypeAlias

from functions.function import AnyFunction
from ingest.outcomes import Refusal
from schema.decoding import Stamped
from schema.instants import DAY

Events: TypeAlias = Sequence[Stamped[Any]]
Result = Literal["counted", "duplicate", "stored"]
Results: TypeAlias = Mapping[Result, int]

# Each day is a partition. A PostgreSQL transaction has locks for about this many; a ClickHouse insert accepts 100.
MAX_DAYS: Final = 64


class Sink(Protocol):
    """A store that commits the effect of a batch idempotently. `results`: what it reports of events."""

    @property
    def results(self) -> Sequence[Result]: ...

    async def begin(self, function: AnyFunction, stream_made_at: datetime) -> None:
        """Called before the stream is read. `stream_made_at` distinguishes it from earlier streams of its name."""

    async def commit(self, function: AnyFunction, events: Events, refused: Sequence[Refusal] = ()) -> Results:
        """Runs the function and stores its result; returns the number of events per result.

        `refused`: the bad messages of the batch, for a store that has a ledger.

        After any error, a second call with the same events completes the rest.
        """


def split_by_days(events: Events) -> Iterator[Events]:
    """Splits the events into parts of at most MAX_DAYS days; yields them unchanged if one part suffices."""
    days = sorted({stamped.at // DAY for stamped in events})
    if 0 < len(days) <= MAX_DAYS:
        yield events
        return
    for first in range(0, len(days), MAX_DAYS):
        part = set(days[first : first + MAX_DAYS])
        yield [stamped for stamped in events if stamped.at // DAY in part]
