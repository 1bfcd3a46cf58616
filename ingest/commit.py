"""One batch, one transaction: claim, run the function on what was claimed, write, mark, commit."""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from functions.function import AnyFunction
from infra.metrics import COPIES_DISCARDED, PG_ERRORS
from infra.postgres import Connection, Pool
from infra.sql import statement
from ingest.copies import Copies, Counted, Overtaken, UnknownCopiesError, overtake, tidy
from ingest.ledger import Claim, Keyed, claim, keyed
from ingest.partitions import Partitions
from ingest.sink import Events, Results, by_days
from ingest.writer import write
from schema.decoding import Stamped
from schema.instants import DAY, time_of
from schema.writes import difference

SQL: Final = Path(__file__).parent / "sql"
HOLD: Final = statement(SQL, "hold")
MARK_DAYS: Final = statement(SQL, "mark_days")
MARK_AS_OF: Final = statement(SQL, "mark_as_of")
NOTE_SOURCE: Final = statement(SQL, "note_source")


@dataclass(frozen=True, slots=True)
class Store:
    """Where batches are committed to, and what `total_cost` counts in."""

    pool: Pool
    partitions: Partitions
    reporting_currency: str
    copies: Copies = field(default_factory=Copies)

    async def begin(self, function: AnyFunction, stream_made_at: datetime) -> None:
        """Notes which incarnation of its stream the function reads: a rebuild has to know of earlier ones."""
        PG_ERRORS.labels("commit")  # shown at 0, as the host's counters are
        COPIES_DISCARDED.labels(function.name)
        await self.pool.execute(NOTE_SOURCE, function.name, stream_made_at)

    async def commit(self, function: AnyFunction, events: Events) -> Results:
        """As a sink of the host."""
        try:
            counted = await commit(self, function, events)
        except Exception:  # counted, and passed on
            PG_ERRORS.labels("commit").inc()
            raise
        return {"counted": counted, "duplicate": len(events) - counted}


async def commit(store: Store, function: AnyFunction, events: Events) -> int:
    """Counts the events that were never counted before, and says how many these were.

    Any asyncpg error leaves whole transactions behind it: calling again with the same events completes the rest.
    """
    return sum([await _commit_part(store, function, part) for part in by_days(events)])


def _days(events: Events) -> list[date]:
    return [time_of(day * DAY).date() for day in sorted({stamped.at // DAY for stamped in events})]


async def _commit_part(store: Store, function: AnyFunction, events: Events) -> int:
    await store.partitions.ensure(_days(events))
    found, counted = keyed(function.name, events), dict[Claim, Stamped[Any] | None]()
    while True:
        try:
            claimed = await _attempt(store, function, found, counted)
        except UnknownCopiesError as unknown:
            counted |= await store.copies.counted(function, unknown.claims)
        else:
            store.copies.remember(function, found)
            return claimed


async def _attempt(store: Store, function: AnyFunction, events: Keyed[Any], counted: Counted) -> int:
    """One transaction; how many events it claimed. UnknownCopiesError if more than `counted` has to be known."""
    try:
        async with store.pool.acquire() as connection, connection.transaction():
            await connection.execute(HOLD, function.name)
            claimed = await claim(connection, events)
            overtaken = await overtake(connection, function, events, claimed, counted)
            if claimed or overtaken.first:
                await _count(connection, function, claimed, overtaken, store.reporting_currency)
    except asyncpg.CheckViolationError:  # a partition was dropped since we made sure of it
        store.partitions.forget()
        raise
    overtaken.tell(function)
    return len(claimed)


async def _count(
    connection: Connection, function: AnyFunction, claimed: Events, overtaken: Overtaken, reporting_currency: str
) -> None:
    """Adds what was claimed and what takes the place of copies, and takes away what these had added."""
    events = [*claimed, *overtaken.first]
    await connection.execute(MARK_DAYS, _days(events))
    if overtaken.first:
        discarded = function(overtaken.discarded)
        await write(connection, difference(function(events), discarded), reporting_currency)
        await tidy(connection, discarded)
    else:
        await write(connection, function(events), reporting_currency)
    await connection.execute(MARK_AS_OF, function.name, time_of(max(stamped.at for stamped in events)))
