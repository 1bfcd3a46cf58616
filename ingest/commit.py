"""Commits one batch in one PostgreSQL transaction: claims its events, runs the function on them, writes and marks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar, Final

import asyncpg

from functions.function import AnyFunction
from infra.metrics import COPIES_DISCARDED, PG_ERRORS
from infra.postgres import Connection, Pool
from infra.sql import statement
from ingest import bookkeeping, outcomes
from ingest.copies import CopyFinder, Counted, Replacement, UnknownCopiesError, clean_up_cells, replace_later_copies
from ingest.ledger import Batch, Claim, batch_of, claim
from ingest.outcomes import Refusal, Uncounted
from ingest.partitions import Partitions
from ingest.sink import Events, Result, Results, split_by_days
from ingest.writer import write
from schema.decoding import Stamped
from schema.instants import DAY, time_of
from schema.writes import Writes, difference

SQL: Final = Path(__file__).parent / "sql"
HOLD: Final = statement(SQL, "hold")
MARK_DAYS: Final = statement(SQL, "mark_days")
MARK_AS_OF: Final = statement(SQL, "mark_as_of")
NOTE_SOURCE: Final = statement(SQL, "note_source")


@dataclass(frozen=True, slots=True)
class MetricStore:
    """A sink for functions that write to PostgreSQL. `total_cost` counts the reporting currency alone."""

    results: ClassVar[Sequence[Result]] = ("counted", "duplicate")

    pool: Pool
    partitions: Partitions
    reporting_currency: str
    copies: CopyFinder = field(default_factory=CopyFinder)

    async def begin(self, function: AnyFunction, stream_made_at: datetime) -> None:
        """Notes which incarnation of its stream the function reads: a rebuild has to know earlier ones."""
        PG_ERRORS.labels("commit")  # exposed at 0, like the host's counters
        COPIES_DISCARDED.labels(function.name)
        await self.pool.execute(NOTE_SOURCE, function.name, stream_made_at)

    async def commit(self, function: AnyFunction, events: Events, refused: Sequence[Refusal] = ()) -> Results:
        """Counts the events; returns how many were counted, and how many are duplicates. Enters all in the ledger."""
        try:
            counted = await commit(self, function, events, refused)
        except Exception:  # counted here, handled by the host
            PG_ERRORS.labels("commit").inc()
            raise
        return {"counted": counted, "duplicate": len(events) - counted}


async def commit(store: MetricStore, function: AnyFunction, events: Events, refused: Sequence[Refusal] = ()) -> int:
    """Counts the events that were never counted before; returns their number. `refused`: the bad messages.

    After any asyncpg error, only whole transactions are committed: a second call with the same events completes them.
    """
    bad = outcomes.refused(function.event, refused)
    first, *further = split_by_days(events) if events else [[]]
    if not events and not bad:
        return 0
    counted = await _commit_part(store, function, first, bad)
    return counted + sum([await _commit_part(store, function, part, []) for part in further])


def _days(events: Events) -> list[date]:
    return [time_of(day * DAY).date() for day in sorted({stamped.at // DAY for stamped in events})]


async def _commit_part(store: MetricStore, function: AnyFunction, events: Events, bad: Sequence[Uncounted]) -> int:
    await store.partitions.ensure(_days(events))
    batch, counted = batch_of(function.name, events), dict[Claim, Stamped[Any] | None]()
    while True:
        try:
            claimed = await _attempt(store, function, batch, bad, counted)
        except UnknownCopiesError as unknown:
            counted |= await store.copies.counted(function, unknown.claims)
        else:
            store.copies.remember(function, batch.events)
            return claimed


async def _attempt(
    store: MetricStore, function: AnyFunction, batch: Batch[Any], bad: Sequence[Uncounted], counted: Counted
) -> int:
    """Runs one transaction; returns the number of events that it claimed.

    Raises UnknownCopiesError if it needs copies that are not in `counted`.
    """
    try:
        async with store.pool.acquire() as connection, connection.transaction():
            await connection.execute(HOLD, function.name)
            claimed = await claim(connection, batch.events)
            replacement = await replace_later_copies(connection, function, batch, claimed, counted)
            effect = function([*claimed, *replacement.first])
            if claimed or replacement.first:
                await _count(connection, function, claimed, replacement, effect, store.reporting_currency)
            await _enter(connection, function, claimed, replacement, effect, bad)
    except asyncpg.CheckViolationError:  # a partition was dropped after `ensure`
        store.partitions.forget()
        raise
    replacement.report(function)
    return len(claimed)


async def _count(
    connection: Connection,
    function: AnyFunction,
    claimed: Events,
    replacement: Replacement,
    effect: Writes,
    reporting_currency: str,
) -> None:
    """Adds the effect of claimed and replacing events, and subtracts the effect of the replaced copies."""
    events = [*claimed, *replacement.first]
    await connection.execute(MARK_DAYS, _days(events))
    if replacement.first:
        discarded = function(replacement.discarded)
        await write(connection, difference(effect, discarded), reporting_currency)
        await clean_up_cells(connection, discarded)
    else:
        await write(connection, effect, reporting_currency)
    await connection.execute(MARK_AS_OF, function.name, time_of(max(stamped.at for stamped in events)))


async def _enter(
    connection: Connection,
    function: AnyFunction,
    claimed: Events,
    replacement: Replacement,
    effect: Writes,
    bad: Sequence[Uncounted],
) -> None:
    """Enters what became of each message in the ledger. Comes last: all workers of a function share its rows."""
    first = [*claimed, *(event for event, _ in replacement.moved)]
    if len(replacement.moved) > len(replacement.first):  # some pairs have the same effect
        effect = function(first)
    sums = outcomes.counted(function, first, effect, [copy for _, copy in replacement.moved])
    uncounted = [*bad, *outcomes.copies(replacement.copies)]
    await bookkeeping.enter(connection, function.name, [event.stored for event in first], sums, uncounted)
