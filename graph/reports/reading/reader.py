"""The entry point of the read path: runs a report on a snapshot of PostgreSQL and of the archive in ClickHouse."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import asyncpg

from graph.completeness import Completeness, CompleteUntil
from graph.postgres import LIMIT, connected, transaction, with_deadline
from graph.reports.reading.archive import Archive
from graph.reports.reading.as_of import check_days, open_as_of
from graph.reports.reading.concurrency import ConcurrencyLimit
from graph.reports.reading.rows import STATEMENTS_WITH_VERSIONS, Selection
from graph.reports.reading.snapshot import NotCachedError, ReportCache, Snapshot
from graph.reports.reading.states import lifetime_of, state_of
from graph.reports.reading.versions import DAY_VERSIONS, Versions, make_versions
from graph.reports.windows import DaySlice, day_date
from graph.validation import current_validation
from infra.clickhouse import ClickHouse
from infra.postgres import Connection, Pool
from infra.sql import statement

_BEGIN: Final = statement(Path(__file__).parent / "sql", "begin")
_CLICKHOUSE_SHARE: Final = 0.8  # of a report's time

T = TypeVar("T")


class Counted(NamedTuple):
    """How far events were counted when a report was read.

    `data_as_of`: the newest event stored; `complete_until`, `horizon`: as Completeness has them.
    """

    data_as_of: datetime | None
    complete_until: datetime | None
    horizon: datetime | None


class Known(NamedTuple):
    """What a request read of neighbouring days before its reports. `state`: that of all reports on these slices."""

    slices: Sequence[DaySlice]
    versions: Versions
    counted: Counted
    state: object


class Reader:
    """Runs reports, at most `at_once` at the same time and each for at most `limit` seconds.

    `currency`: the reporting currency, of total_cost; `complete_until`: up to when the streams are counted.
    """

    def __init__(
        self,
        pool: Pool,
        currency: str,
        clickhouse: ClickHouse,
        complete_until: CompleteUntil = lambda: None,
        *,
        limit: float = LIMIT,
        at_once: int,
    ) -> None:
        self.currency = currency
        self._pool, self._clickhouse, self._complete_until, self._limit = pool, clickhouse, complete_until, limit
        self._begin = _BEGIN.format(milliseconds=round(1000 * limit))
        self._concurrency = ConcurrencyLimit(at_once)
        self._cache = ReportCache()
        self._known: Known | None = None
        self._as_of: datetime | None = None

    def with_versions(self, known: Known) -> "Reader":
        """This reader for reports on days of `known`. What is cached at these versions is answered without a statement.

        A report that reads other versions voids the validator of the answer.
        """
        reader = copy(self)
        reader._known = known
        return reader

    def at(self, as_of: datetime | None) -> "Reader":
        """A reader of what reports on closed days said at an instant; None: of what they say now."""
        if as_of is None:
            return self
        reader = copy(self)
        reader._as_of = as_of
        return reader

    async def read(
        self, slices: Sequence[DaySlice], report: Callable[[Snapshot], Awaitable[T]], prefetch: Selection | None = None
    ) -> tuple[T, Counted]:
        """Runs a report on one snapshot of neighbouring days. Returns its result, and how far events were counted.

        The first run has only the versions of the days, the values cached at these versions, and the rows of
        `prefetch`, which the same statement reads. If the report needs more, it runs again, in a transaction.

        Raises DependencyUnavailableError; TooSlowError after the limit; OverloadedError when no slot is free; and
        NotModifiedError before the report runs if the caller has the answer of these versions. As of an instant, also
        InvalidWindowError.
        """
        if self._known is not None and self._as_of is None and prefetch is None:
            with suppress(NotCachedError):
                return await report(self._of_versions(None, self._known.versions)), self._known.counted
        completeness = self._completeness()
        if self._as_of is not None:
            return await self._read_as_of(slices, report, completeness, self._as_of)
        async with with_deadline("report", self._pool, self._limit), self._concurrency.slot():
            async with connected(self._pool) as connection:
                snapshot = await self._snapshot(None, connection, slices, prefetch)
                counted = await self._declare(connection, slices, snapshot, completeness)
            with suppress(NotCachedError):
                return await report(snapshot), counted
            async with connected(self._pool) as connection, transaction(connection, self._begin):
                snapshot = await self._snapshot(connection, connection, slices, prefetch)
                counted = await self._declare(connection, slices, snapshot, completeness)
                return await report(snapshot), counted

    async def _read_as_of(
        self,
        slices: Sequence[DaySlice],
        report: Callable[[Snapshot], Awaitable[T]],
        completeness: Completeness,
        as_of: datetime,
    ) -> tuple[T, Counted]:
        """Runs a report on what closed days said at an instant. How far events were counted then is not kept."""
        check_days(slices)
        async with (
            with_deadline("report", self._pool, self._limit),
            self._concurrency.slot(),
            connected(self._pool) as connection,
            transaction(connection, self._begin),
        ):
            snapshot = await self._snapshot(connection, connection, slices, None)
            await self._declare(connection, slices, snapshot, completeness)
            then = await open_as_of(connection, slices, snapshot.versions, snapshot.archive, as_of)
            return await report(then), Counted(None, None, as_of)

    def _completeness(self) -> Completeness:
        """The completeness now. It is read before the rows: then it holds for these, too."""
        return Completeness(self._complete_until(), datetime.now(UTC))

    async def _snapshot(
        self,
        in_transaction: "Connection | None",
        connection: Connection,
        slices: Sequence[DaySlice],
        prefetch: Selection | None,
    ) -> Snapshot:
        """Runs one statement, which is a snapshot without a transaction, too."""
        days = day_date(slices[0].day), day_date(slices[-1].day)
        if prefetch is None:
            (row,) = await connection.fetch(DAY_VERSIONS, *days)
        else:
            query = STATEMENTS_WITH_VERSIONS[prefetch.statement]
            (row,) = await connection.fetch(query, *prefetch.arguments, *days)
        return self._of_versions(in_transaction, make_versions(row), prefetch and (prefetch, row))

    def _of_versions(
        self,
        in_transaction: "Connection | None",
        versions: Versions,
        prefetched: tuple[Selection, asyncpg.Record] | None = None,
    ) -> Snapshot:
        archive = Archive(self._clickhouse, versions.batches, _CLICKHOUSE_SHARE * self._limit)
        return Snapshot(in_transaction, versions, archive, self._cache, prefetched)

    async def _declare(
        self, connection: Connection, slices: Sequence[DaySlice], snapshot: Snapshot, completeness: Completeness
    ) -> Counted:
        """Declares what the answer of the current request is read from. Raises NotModifiedError."""
        counted = _counted(snapshot.versions, completeness)
        validation = current_validation()
        if validation is not None and self._known is not None:
            if not self._is_known(self._known, slices, snapshot.versions, counted):
                validation.void()
        elif validation is not None and not validation.is_whole:
            state = state_of(self.currency, slices, snapshot.versions, counted.horizon)
            validation.declare("days", state, await lifetime_of(connection, slices))
        return counted

    def _is_known(self, known: Known, slices: Sequence[DaySlice], versions: Versions, counted: Counted) -> bool:
        """Whether a report on some of the known days read what was known of them."""
        now = replace(known.versions, data_as_of=versions.data_as_of)
        is_same_state = state_of(self.currency, known.slices, now, counted.horizon) == known.state
        return is_same_state and versions.are_same(known.versions, slices)

    async def known(self, slices: Sequence[DaySlice]) -> Known:
        """The versions of neighbouring days, and the state of all reports on them. Raises the errors of `read`."""
        completeness = self._completeness()
        async with self._connection() as connection:
            versions = (await self._snapshot(None, connection, slices, None)).versions
        counted = _counted(versions, completeness)
        return Known(slices, versions, counted, state_of(self.currency, slices, versions, counted.horizon))

    async def fetch_value(self, query: str, *arguments: object) -> Any:
        """The one value of a statement, which is its own snapshot. Raises the errors of `read`."""
        async with self._connection() as connection:
            return await connection.fetchval(query, *arguments)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with (
            with_deadline("report", self._pool, self._limit),
            self._concurrency.slot(),
            connected(self._pool) as connection,
        ):
            yield connection


def _counted(versions: Versions, completeness: Completeness) -> Counted:
    return Counted(versions.data_as_of, completeness.until, completeness.horizon(versions.data_as_of))
