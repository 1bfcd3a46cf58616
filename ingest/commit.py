"""One batch, one transaction: claim, run the function on what was claimed, write, mark, commit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeAlias

import asyncpg

from functions.function import AnyFunction
from infra.postgres import Connection, Pool, statement
from ingest.ledger import claim, keyed
from ingest.partitions import Partitions
from ingest.writer import write
from schema.decoding import Stamped
from schema.instants import DAY, time_of

SQL: Final = Path(__file__).parent / "sql"
MARK_DAYS: Final = statement(SQL, "mark_days")
MARK_AS_OF: Final = statement(SQL, "mark_as_of")
# Each day is a partition, and each partition in a transaction takes locks from a table of fixed size.
DAYS_PER_TRANSACTION: Final = 64

Events: TypeAlias = Sequence[Stamped[Any]]


@dataclass(frozen=True, slots=True)
class Store:
    """Where batches are committed to, and what `total_cost` counts in."""

    pool: Pool
    partitions: Partitions
    reporting_currency: str


async def commit(store: Store, function: AnyFunction, events: Events) -> int:
    """Counts the events that were never counted before, and says how many these were.

    Any asyncpg error leaves whole transactions behind it: calling again with the same events completes the rest.
    """
    return sum([await _commit_part(store, function, part) for part in _by_days(events)])


def _by_days(events: Events) -> Iterator[Events]:
    """The events as they are, unless they spread over more days than one transaction should touch."""
    days = sorted({stamped.at // DAY for stamped in events})
    if 0 < len(days) <= DAYS_PER_TRANSACTION:
        yield events
        return
    for first in range(0, len(days), DAYS_PER_TRANSACTION):
        part = set(days[first : first + DAYS_PER_TRANSACTION])
        yield [stamped for stamped in events if stamped.at // DAY in part]


def _days(events: Events) -> list[date]:
    return [time_of(day * DAY).date() for day in sorted({stamped.at // DAY for stamped in events})]


async def _commit_part(store: Store, function: AnyFunction, events: Events) -> int:
    await store.partitions.ensure(_days(events))
    try:
        async with store.pool.acquire() as connection, connection.transaction():
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
