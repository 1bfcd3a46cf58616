"""Runs compiled statements in ClickHouse within limits, and reports a silent engine within 2 s."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import uuid4

from clickhouse_connect.driver.common import StreamContext
from clickhouse_connect.driver.exceptions import ClickHouseError, ProgrammingError
from clickhouse_connect.driver.query import QueryResult

from graph.access.budget import Charge
from graph.deadlines import EngineSilentError, while_engine_answers
from graph.dsl.compile import ROW_CAP
from graph.dsl.select import Statement
from graph.errors import QueryTooExpensiveError
from infra.clickhouse import ClickHouse, traced
from infra.clickhouse_errors import FAILURES
from infra.errors import AnlytError, DependencyUnavailableError
from infra.faults import fault_of

T = TypeVar("T")
U = TypeVar("U")

# The limits of each statement. Beyond them, the engine raises an error and returns no partial result.
LIMITS: Final[Mapping[str, str | int]] = {
    "max_execution_time": 20,  # seconds
    "timeout_overflow_mode": "throw",
    "max_memory_usage": 2 << 30,  # bytes
    "max_rows_to_read": 1_000_000_000,
    "read_overflow_mode": "throw",
    "max_result_rows": ROW_CAP + 1,
    "result_overflow_mode": "throw",
    "wait_end_of_query": 1,  # no error within a response, and a final count of the rows read
    "readonly": 1,  # 2 would let a statement raise these limits, and read files and URLs
    "cancel_http_readonly_queries_on_client_close": 1,  # we close the connection of a cancelled request
}
# Limits of a statement whose rows are streamed, where they differ: `LIMIT` bounds its rows, and it may take longer.
STREAM_SECONDS: Final = 600
STREAM_LIMITS: Final[Mapping[str, str | int]] = {
    "max_execution_time": STREAM_SECONDS,
    "max_result_rows": 0,
    "http_send_timeout": STREAM_SECONDS,  # a file that is written meanwhile keeps the engine waiting
}
# ClickHouse's error codes (src/Common/ErrorCodes.cpp) for an exceeded limit.
TOO_EXPENSIVE: Final[Mapping[int, str]] = {
    158: "would read more than {max_rows_to_read} rows",
    159: "took longer than {max_execution_time} s",
    160: "would take longer than {max_execution_time} s",
    241: "needed more memory than one query may have",
    307: "would read more bytes than one query may",
    396: f"has more than {ROW_CAP} rows",
}
ADVICE: Final = "request a shorter window, a coarser granularity, fewer dimensions, or a narrower filter"
# ... for an engine that is busy or stopping.
NOT_NOW: Final = frozenset({202, 209, 210, 236, 394, 734})

# ... for parts in S3 that cannot be read.
S3_ERROR: Final = 499


@dataclass(frozen=True, slots=True)
class Rows:
    """The result of a statement: one sequence of values per column."""

    columns: Sequence[Sequence[Any]]

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0


@dataclass(frozen=True, slots=True)
class RowStream:
    """The rows of a statement that has ended in the engine: their number, and blocks of them."""

    row_count: int
    blocks: AsyncIterator[Rows]


class QueryEngine:
    """Runs statements in ClickHouse within LIMITS, and converts its errors. `limits`: those that differ."""

    def __init__(self, clickhouse: ClickHouse, limits: Mapping[str, str | int] | None = None) -> None:
        self._clickhouse, self._limits = clickhouse, limits or {}

    async def run(self, statements: Sequence[Statement], query_id: str, charge: Charge) -> Sequence[Rows]:
        """Runs the statements concurrently, and charges the rows that they read.

        Cancelling also ends them in the engine. `query_id` identifies them in the engine's logs. Raises
        QueryTooExpensiveError with advice, and DependencyUnavailableError within 2 s when the engine is silent.
        """
        works = [self._run_one(each, f"{query_id}/{number}", charge) for number, each in enumerate(statements)]
        return await self._while_engine_answers(_gather(works))

    async def read(self, statement: Statement) -> Rows:
        """Runs one cheap statement, whose rows are not charged. Raises as `run` does."""
        return await self._while_engine_answers(self._run_one(statement, str(uuid4()), Charge()))

    @asynccontextmanager
    async def stream(self, statement: Statement, query_id: str, charge: Charge) -> AsyncIterator[RowStream]:
        """Runs one statement, and yields its rows as a stream. Raises as `run` does, also while the rows arrive.

        The engine keeps the result until it is read (`wait_end_of_query`), so the number of rows is known before.
        """
        result, counts = await self._while_engine_answers(self._open(statement, query_id))
        charge.add(counts.get("read_rows", 0))
        async with result as stream:
            yield RowStream(counts["result_rows"], self._blocks(stream, counts["result_rows"]))

    async def _open(self, statement: Statement, query_id: str) -> tuple[StreamContext, Mapping[str, int]]:
        """The rows of a statement, and the engine's counts."""
        with self._converted():
            client = await self._clickhouse.client()
            with traced(statement.sql):
                stream = await client.query_column_block_stream(
                    statement.sql, parameters=dict(statement.parameters), settings=self._settings(statement, query_id)
                )
        assert isinstance(stream.source, QueryResult)
        return stream, {name: int(count) for name, count in stream.source.summary.items() if count.isdigit()}

    async def _blocks(self, stream: StreamContext, row_count: int) -> AsyncIterator[Rows]:
        received = 0
        while (block := await self._while_engine_answers(self._next(stream))) is not None:
            received += len(block)
            yield block
        if received != row_count:
            raise DependencyUnavailableError(f"ClickHouse's answer ended after {received} of {row_count} rows.")

    async def _next(self, stream: StreamContext) -> Rows | None:
        with self._converted():
            block = await anext(stream, None)
        return None if block is None else Rows(block)

    def _settings(self, statement: Statement, query_id: str) -> dict[str, Any]:
        return {**statement.settings, **LIMITS, **self._limits, "query_id": query_id}

    @contextmanager
    def _converted(self) -> Iterator[None]:
        """Converts the engine's errors."""
        try:
            yield
        except FAILURES as error:
            if api_error := as_api_error(error, self._limits):
                raise api_error from error
            raise

    async def _run_one(self, statement: Statement, query_id: str, charge: Charge) -> Rows:
        with self._converted():
            client = await self._clickhouse.client()
            with traced(statement.sql):
                result = await client.query(
                    statement.sql,
                    parameters=dict(statement.parameters),
                    settings=self._settings(statement, query_id),
                    column_oriented=True,
                )
        charge.add(int(result.summary.get("read_rows", 0)))
        # Without rows, the client returns no columns.
        return Rows(result.result_columns or [()] * len(statement.columns))

    async def _while_engine_answers(self, work: Awaitable[T]) -> T:
        """Waits for work as long as the engine answers pings. Raises DependencyUnavailableError when it does not."""
        task = asyncio.ensure_future(work)
        # An abandoned task may fail later; retrieving the error keeps asyncio from logging it.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            async with while_engine_answers(self._clickhouse.ping):
                await asyncio.wait([task])
            return task.result()
        except EngineSilentError as error:
            raise _unavailable() from error
        finally:
            task.cancel()


async def _gather(works: Sequence[Awaitable[T]]) -> Sequence[T]:
    """Runs all concurrently; when one fails, cancels the others."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def both(first: Awaitable[T], second: Awaitable[U]) -> tuple[T, U]:
    """The results of two works, begun in this order and run concurrently; when one fails, cancels the other."""
    tasks = asyncio.ensure_future(first), asyncio.ensure_future(second)
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def as_api_error(error: BaseException, limits: Mapping[str, str | int] | None = None) -> AnlytError | None:
    """Converts an engine's error to one for callers, which shows no SQL; None for a bug of this service.

    `limits`: those of the statement that differ from LIMITS.
    """
    if fault := fault_of(error):
        return fault
    code: int | None = getattr(error, "code", None) if isinstance(error, ClickHouseError) else None
    if code is None:
        return None if isinstance(error, ProgrammingError) else _unavailable()
    if code == S3_ERROR:
        return DependencyUnavailableError(
            "The cold tier (S3) of ClickHouse does not answer; try older events later. Events of the last year can be "
            "read."
        )
    if code in TOO_EXPENSIVE:
        return QueryTooExpensiveError(
            f"This query {TOO_EXPENSIVE[code].format(**{**LIMITS, **(limits or {})})}; {ADVICE}."
        )
    return _unavailable() if code in NOT_NOW else None


def _unavailable() -> DependencyUnavailableError:
    return DependencyUnavailableError("ClickHouse does not answer; try again in a few seconds.")
