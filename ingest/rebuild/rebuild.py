"""Counts all messages that a stream still has into new tables, then swaps them in, while ingest continues."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
from nats.errors import Error as NatsError

from infra.errors import AnlytError
from infra.faults import fault_of
from infra.frames import Frame
from infra.nats import created_at
from infra.postgres import Connection, Pool
from infra.refusals import reason
from infra.sql import statement
from ingest import bookkeeping, outcomes
from ingest.commit import NOTE_SOURCE
from ingest.decode import BatchDecoder
from ingest.ledger import batch_of, claim
from ingest.limit import LimitExceededError, LimitGuard
from ingest.partitions import Partitions
from ingest.reader import Reader
from ingest.rebuild.complete_hours import first_complete_hour
from ingest.rebuild.history import History
from ingest.rebuild.swap import swap
from ingest.writer import upserts, write

STAGE: Final = "anlyt_rebuild"
SQL: Final = Path(__file__).parent / "sql"
STAGE_CLAIM: Final = statement(Path(__file__).parents[1] / "sql", "claim", schema=STAGE)
STAGE_UPSERTS: Final = upserts(STAGE)
STAGE_ENTERING: Final = bookkeeping.entering(STAGE)
TAKE_OVER: Final = statement(SQL, "take_over")
DROP_STAGE: Final = statement(SQL, "drop_stage")
MAKE_STAGE: Final = statement(SQL, "make_stage")
ONE_SOURCE: Final = statement(SQL, "one_source")
FAILURES: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, NatsError, OSError, TimeoutError)

OnProgress = Callable[[int, int], None]
"""Called with the number of messages read, and of all messages."""


class RebuildFailedError(AnlytError):
    """An engine failed during a rebuild. The stored rows are unchanged, or wholly replaced if only the commit's answer
    was lost.
    """


@dataclass(frozen=True, slots=True)
class Rebuild:
    """The rebuild of one function. One at a time per database.

    All writes use `connection`, so that a broken connection undoes all of them. Only partitions use the `pool`.
    """

    history: History
    pool: Pool
    connection: Connection
    reporting_currency: str
    on_progress: OnProgress
    guard: LimitGuard

    async def run(self, since: datetime | None) -> datetime:
        """Rebuilds; returns the first hour whose cells, costs and claims were replaced.

        Raises UsageError if the stream lacks events since `since`, RebuildFailedError if an engine fails,
        LimitExceededError if too many messages are bad. Then the stored rows are unchanged.
        """
        try:
            await self.connection.execute(DROP_STAGE)
            await self.connection.execute(MAKE_STAGE)
            async with self.history.opened() as reader:
                await self._catch_up(reader, since)
                return await self._replace(reader, since)
        except FAILURES as error:
            if fault := fault_of(error):
                raise fault from error
            raise RebuildFailedError(
                f"The rebuild failed and left nothing half done; run it again ({reason(error)})."
            ) from error
        finally:
            with suppress(*FAILURES):
                await self.connection.execute(DROP_STAGE)

    async def _catch_up(self, reader: Reader, since: datetime | None) -> None:
        """Counts until at most one batch is left. Checks `since` after the first batch, not after hours of reading."""
        size = self.history.function.batch.size
        await self._count(reader, min(size, await self.history.last_sequence()))
        await self._start(since)
        while (last := await self.history.last_sequence()) - self.history.read.position > size:
            await self._count(reader, last)

    async def _replace(self, reader: Reader, since: datetime | None) -> datetime:
        """Makes the workers wait, counts the remaining messages and swaps the new rows in; returns the first hour.

        Every event that was counted before the workers wait is in the stream by then. They count later ones.
        """
        async with self.connection.transaction():
            await self.connection.execute(TAKE_OVER, self.history.function.name)
            await self._count(reader, await self.history.last_sequence())
            start = await self._start(since)
            await swap(self.connection, Partitions(self.pool), self.history.function, start)
        return start

    async def _start(self, since: datetime | None) -> datetime:
        function, gap_at = self.history.function, self.history.read.gap_at
        made = await created_at(self.history.client.jetstream(), function.stream)
        await self.connection.execute(NOTE_SOURCE, function.name, made)
        if not await self.connection.fetchval(ONE_SOURCE, function.name, made):
            gap_at = max(gap_at or made, made)
        return first_complete_hour(function.stream.name, gap_at, made, since, datetime.now(UTC))

    async def _count(self, reader: Reader, until: int) -> None:
        decoder = BatchDecoder(self.history.function)
        async for messages in self.history.batches_until(reader, until):
            await self._stage(decoder, messages)
            self.on_progress(self.history.read.position, until)

    async def _stage(self, decoder: BatchDecoder, messages: Sequence[Frame]) -> None:
        """Counts a batch into the new tables. The workers write the dead letters of bad events."""
        function = self.history.function
        decoded = decoder.decode(messages)
        if not self.guard.admits(len(messages), decoded.bad_indexes):
            raise LimitExceededError(str(self.guard.exceeded))
        batch = batch_of(function.name, decoded.events)
        async with self.connection.transaction():
            claimed = await claim(self.connection, batch.events, STAGE_CLAIM)
            effect = function(claimed)
            if claimed:
                await write(self.connection, effect, self.reporting_currency, STAGE_UPSERTS)
            ours = {id(event) for event in claimed}  # the stream is read in order: all others are copies
            copies = [event for event in batch.events.values() if id(event) not in ours]
            copies += [event for _, event in batch.repeats]
            uncounted = [*outcomes.refused(function.event, decoded.refused), *outcomes.copies(copies)]
            counted = outcomes.counted(function, claimed, effect)
            await bookkeeping.add(self.connection, function.name, counted, uncounted, STAGE_ENTERING)
