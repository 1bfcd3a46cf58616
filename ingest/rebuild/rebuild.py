"""Counts all that a stream still has into new tables, then swaps them in, while ingest goes on."""

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
from infra.nats import made_at
from infra.postgres import Connection, Pool
from infra.refusals import reason
from infra.sql import statement
from ingest.commit import NOTE_SOURCE
from ingest.decode import BatchDecoder
from ingest.ledger import claim, keyed
from ingest.limit import LimitPassedError, Window
from ingest.partitions import Partitions
from ingest.reader import Reader
from ingest.rebuild.history import History
from ingest.rebuild.swap import swap
from ingest.rebuild.window import first_hour
from ingest.writer import upserts, write

STAGE: Final = "anlyt_rebuild"
SQL: Final = Path(__file__).parent / "sql"
STAGE_CLAIM: Final = statement(Path(__file__).parents[1] / "sql", "claim", schema=STAGE)
STAGE_UPSERTS: Final = upserts(STAGE)
TAKE_OVER: Final = statement(SQL, "take_over")
DROP_STAGE: Final = statement(SQL, "drop_stage")
MAKE_STAGE: Final = statement(SQL, "make_stage")
ONE_SOURCE: Final = statement(SQL, "one_source")
FAILURES: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, NatsError, OSError, TimeoutError)

Tell = Callable[[int, int], None]
"""Told how many messages are read, of how many."""


class RebuildFailedError(AnlytError):
    """A rebuild that broke off: what was stored is as it was, or (if only the end was not heard of) as it shall be."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """One function's rebuild; one at a time in a database.

    `connection` does everything, so that what breaks it undoes everything; partitions come from the `pool`.
    """

    history: History
    pool: Pool
    connection: Connection
    reporting_currency: str
    tell: Tell
    window: Window

    async def run(self, since: datetime | None) -> datetime:
        """The hour from which on cells, costs and claims were replaced.

        UsageError if the stream does not have every event from `since` on, RebuildFailedError if an engine failed,
        LimitPassedError if too much is bad: then what was stored is as it was.
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
                f"The rebuild broke off, and nothing is half done; run it again ({reason(error)})."
            ) from error
        finally:
            with suppress(*FAILURES):
                await self.connection.execute(DROP_STAGE)

    async def _catch_up(self, reader: Reader, since: datetime | None) -> None:
        """Until no more than a batch is left. What is wrong with `since` is said before hours of reading."""
        size = self.history.function.batch.size
        await self._count(reader, min(size, await self.history.last()))
        await self._start(since)
        while (last := await self.history.last()) - self.history.reading.position > size:
            await self._count(reader, last)

    async def _replace(self, reader: Reader, since: datetime | None) -> datetime:
        """Whatever was counted until the workers wait is in the stream by then; what comes later, they count."""
        async with self.connection.transaction():
            await self.connection.execute(TAKE_OVER, self.history.function.name)
            await self._count(reader, await self.history.last())
            start = await self._start(since)
            await swap(self.connection, Partitions(self.pool), self.history.function, start)
        return start

    async def _start(self, since: datetime | None) -> datetime:
        function, gap_at = self.history.function, self.history.reading.gap_at
        made = await made_at(self.history.client.jetstream(), function.stream)
        await self.connection.execute(NOTE_SOURCE, function.name, made)
        if not await self.connection.fetchval(ONE_SOURCE, function.name, made):
            gap_at = max(gap_at or made, made)
        return first_hour(function.stream.name, gap_at, made, since, datetime.now(UTC))

    async def _count(self, reader: Reader, until: int) -> None:
        decoder = BatchDecoder(self.history.function)
        async for messages in self.history.until(reader, until):
            await self._stage(decoder, messages)
            self.tell(self.history.reading.position, until)

    async def _stage(self, decoder: BatchDecoder, messages: Sequence[Frame]) -> None:
        """As a commit does it, but for the tables. A bad event has its dead letter already."""
        function = self.history.function
        decoded = decoder.decode(messages)
        if not self.window.lets_on(len(messages), decoded.places):
            raise LimitPassedError(str(self.window.passed))
        events = decoded.events
        async with self.connection.transaction():
            claimed = await claim(self.connection, keyed(function.name, events), STAGE_CLAIM)
            if claimed:
                await write(self.connection, function(claimed), self.reporting_currency, STAGE_UPSERTS)
