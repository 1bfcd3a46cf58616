"""One batch, one transaction: claim, run the function on what was claimed, write, mark, commit."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import asyncpg

from functions.function import AnyFunction
from infra.metrics import PG_ERRORS
from infra.postgres import Connection, Pool, statement
from ingest.ledger import claim, keyed
from ingest.partitions import Partitions
from ingest.sink import Events, Results, by_days
from ingest.writer import write
from schema.instants import DAY, time_of

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

    async def begin(self, function: AnyFunction, stream_made_at: datetime) -> None:
        """Notes which incarnation of its stream the function reads: a rebuild has to know of earlier ones."""
        PG_ERRORS.labels("commit")  # shown at 0, as the host's counters are
        await self.pool.execute(NOTE_SOURCE, function.name, stream_made_at)

    async def commit(self, function: AnyFunction, events: Events) -> Results:
        """As a sink of the host."""
        try:
            counted = await commit(self, function, events)
        except Exception:
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
    try:
        async with store.pool.acquire() as connection, connection.transaction():
            await connection.execute(HOLD, function.name)
            claimed = await claim(connection, keyed(function.name, events))
            if claimed:
                await connection.execute(MARK_DAYS, _days(claimed))
                await write(connection, function(claimed), store.reporting_currency)
                await _mark_as_of(connection, function, claimed)
    except asyncpg.CheckViolationError:  # a partition was dropped since we made sure of it
        store.partitions.forget()
        raise
    return len(claimed)


async def _mark_as_of(connection: Connection, function: AnyFunction, claimed: Events) -> None:
    await connection.execute(MARK_AS_OF, function.name, time_of(max(stamped.at for stamped in claimed)))
