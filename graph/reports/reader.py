"""The only way from a report to PostgreSQL, and to what has left it for ClickHouse."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from graph.postgres import LIMIT, connected, transaction, with_deadline
from graph.reports.archive import Archive
from graph.reports.concurrency import Turns
from graph.reports.kept import Kept
from graph.reports.marks import read_marks
from graph.reports.quality import CompleteUntil
from graph.reports.snapshot import Snapshot
from graph.reports.windows import Slice
from infra.clickhouse import ClickHouse
from infra.postgres import Pool
from infra.sql import statement

_BEGIN: Final = statement(Path(__file__).parent / "sql", "begin")
_OF_POOL: Final = 0.75  # the share of a pool's connections that reports take
_OF_LIMIT: Final = 0.8  # the share of a report's time that ClickHouse may take


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
        self._kept = Kept()

    @asynccontextmanager
    async def snapshot(self, slices: Sequence[Slice]) -> AsyncIterator[Snapshot]:
        """One snapshot of both stores, for a report on neighbouring days.

        DependencyUnavailableError; TooSlowError after the limit; OverloadedError when there is no room.
        """
        async with (
            with_deadline("report", self._pool, self._limit),
            self._turns.taken(),
            connected(self._pool) as connection,
            transaction(connection, self._begin),
        ):
            marks = await read_marks(connection, slices[0].day, slices[-1].day)
            archive = Archive(self._clickhouse, marks.batches, _OF_LIMIT * self._limit)
            yield Snapshot(connection, marks, archive, self._kept)

    async def fetch_value(self, query: str, *arguments: object) -> Any:
        """One value of a statement in a snapshot of its own; errors as of `snapshot`."""
        async with (
            with_deadline("report", self._pool, self._limit),
            self._turns.taken(),
            connected(self._pool) as connection,
        ):
            return await connection.fetchval(query, *arguments)
