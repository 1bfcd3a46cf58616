"""The only way from a report to PostgreSQL, and to what has left it for ClickHouse."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from graph.postgres import LIMIT, connected, transaction, with_deadline
from graph.reports.quality import CompleteUntil
from graph.reports.reading.archive import Archive
from graph.reports.reading.concurrency import Turns
from graph.reports.reading.marks import MARKS, make_marks
from graph.reports.reading.rows import BESIDE, Wanted
from graph.reports.reading.snapshot import Memory, NotKeptError, Snapshot
from graph.reports.windows import Slice, day_date
from infra.clickhouse import ClickHouse
from infra.postgres import Connection, Pool
from infra.sql import statement

_BEGIN: Final = statement(Path(__file__).parent / "sql", "begin")
_OF_POOL: Final = 0.75  # the share of a pool's connections that reports take
_OF_LIMIT: Final = 0.8  # the share of a report's time that ClickHouse may take

T = TypeVar("T")


class Reader:
    """`currency` is the one that total_cost is in; `complete_until` tells how far the streams are counted.

    A report may take `limit` seconds, and `at_once` of them read at the same time.
    """

    def __init__(
        self,
        pool: Pool,
        currency: str,
        clickhouse: ClickHouse,
        complete_until: CompleteUntil = lambda: None,
        *,
        limit: float = LIMIT,
        at_once: int | None = None,
    ) -> None:
        self.currency, self.complete_until = currency, complete_until
        self._pool, self._clickhouse, self._limit = pool, clickhouse, limit
        self._begin = _BEGIN.format(milliseconds=round(1000 * limit))
        self._turns = Turns(at_once or max(int(pool.get_max_size() * _OF_POOL), 1))
        self._memory = Memory()

    async def read(
        self, slices: Sequence[Slice], report: Callable[[Snapshot], Awaitable[T]], wanted: Wanted | None = None
    ) -> tuple[T, datetime | None]:
        """What `report` makes of one snapshot of both stores, and dataAsOf of it; of neighbouring days.

        The report first has the marks of its days, and what is remembered at these. One that lacks anything is run once
        more, in a transaction. What is `wanted` for certain is read together with the marks.
        DependencyUnavailableError; TooSlowError after the limit; OverloadedError when there is no room.
        """
        async with with_deadline("report", self._pool, self._limit), self._turns.taken():
            async with connected(self._pool) as connection:
                snapshot = await self._snapshot(None, connection, slices, wanted)
            with suppress(NotKeptError):
                return await report(snapshot), snapshot.marks.data_as_of
            async with connected(self._pool) as connection, transaction(connection, self._begin):
                snapshot = await self._snapshot(connection, connection, slices, wanted)
                return await report(snapshot), snapshot.marks.data_as_of

    async def _snapshot(
        self, kept_open: "Connection | None", connection: Connection, slices: Sequence[Slice], wanted: Wanted | None
    ) -> Snapshot:
        """One statement, and so one snapshot, also without a transaction."""
        days = day_date(slices[0].day), day_date(slices[-1].day)
        if wanted is None:
            rows = await connection.fetch(MARKS, *days)
            beside = None
        else:
            found = await connection.fetch(BESIDE[wanted.statement], *wanted.arguments, *days)
            rows = [row for row in found if row["scope_id"] is None]
            beside = wanted, [row for row in found if row["scope_id"] is not None]
        marks = make_marks(rows[0])
        archive = Archive(self._clickhouse, marks.batches, _OF_LIMIT * self._limit)
        return Snapshot(kept_open, marks, archive, self._memory, beside)

    async def fetch_value(self, query: str, *arguments: object) -> Any:
        """One value of a statement in a snapshot of its own; errors as of `snapshot`."""
        async with (
            with_deadline("report", self._pool, self._limit),
            self._turns.taken(),
            connected(self._pool) as connection,
        ):
            return await connection.fetchval(query, *arguments)
