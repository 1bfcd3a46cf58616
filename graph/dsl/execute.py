"""Runs compiled statements in ClickHouse: within limits, and told in time when it is away."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import uuid4

from clickhouse_connect.driver.exceptions import ClickHouseError, ProgrammingError

from graph.access.budget import Charge
from graph.deadlines import EngineSilentError, while_engine_answers
from graph.dsl.compile import ROW_CAP
from graph.dsl.select import Statement
from graph.errors import QueryTooExpensiveError
from infra.clickhouse import FAILURES, ClickHouse, traced
from infra.errors import AnlytError, DependencyUnavailableError
from infra.faults import fault_of

T = TypeVar("T")

# Of each statement, kept by the engine, which throws instead of answering a part.
LIMITS: Final[Mapping[str, str | int]] = {
    "max_execution_time": 20,  # seconds
    "timeout_overflow_mode": "throw",
    "max_memory_usage": 2 << 30,  # bytes
    "max_rows_to_read": 1_000_000_000,
    "read_overflow_mode": "throw",
    "max_result_rows": ROW_CAP + 1,
    "result_overflow_mode": "throw",
    "wait_end_of_query": 1,  # an error is then never in the middle of an answer, and what was read is counted
    "readonly": 1,  # 2 would let a statement raise these limits, and read files and URLs
    "cancel_http_readonly_queries_on_client_close": 1,  # we close the connection when nobody waits any more
}
# ClickHouse's codes of errors (src/Common/ErrorCodes.cpp) that mean: a limit was met.
TOO_EXPENSIVE: Final[Mapping[int, str]] = {
    158: f"would read more than {LIMITS['max_rows_to_read']} rows",
    159: f"took longer than {LIMITS['max_execution_time']} s",
    160: f"would take longer than {LIMITS['max_execution_time']} s",
    241: "needed more memory than one query may have",
    307: "would read more bytes than one query may",
    396: f"has more than {ROW_CAP} rows",
}
ADVICE: Final = "ask for a shorter window, a coarser granularity, fewer dimensions, or a filter that leaves fewer rows"
# ... and that mean: not now, as it is busy or stopping.
NOT_NOW: Final = frozenset({202, 209, 210, 236, 394, 734})

# ... that parts which it needs are in S3, and cannot be read.
S3_ERROR: Final = 499


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement gave: a sequence of values for each of its columns, in order."""

    columns: Sequence[Sequence[Any]]

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0


class Engine:
    """ClickHouse, as the query layer sees it."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    async def run(self, statements: Sequence[Statement], query_id: str, charge: Charge) -> Sequence[Rows]:
        """All at the same time; cancelling ends them in the engine, too.

        `query_id` tells them apart from others in the engine's logs. QueryTooExpensiveError with advice;
        DependencyUnavailableError within 2 s of the engine's absence.
        """
        works = [self._one(each, f"{query_id}/{number}", charge) for number, each in enumerate(statements)]
        return await self._promptly(_together(works))

    async def read(self, statement: Statement) -> Rows:
        """One that costs nothing worth counting."""
        return await self._promptly(self._one(statement, str(uuid4()), Charge()))

    async def _one(self, statement: Statement, query_id: str, charge: Charge) -> Rows:
        try:
            client = await self._clickhouse.client()
            with traced(statement.sql):
                result = await client.query(
                    statement.sql,
                    parameters=dict(statement.parameters),
                    settings={**statement.settings, **LIMITS, "query_id": query_id},
                    column_oriented=True,
                )
        except FAILURES as error:
            if ours := as_problem(error):
                raise ours from error
            raise
        charge.add(int(result.summary.get("read_rows", 0)))
        # Of no row, the client knows no columns either.
        return Rows(result.result_columns or [()] * len(statement.columns))

    async def _promptly(self, work: Awaitable[T]) -> T:
        """A slow query is waited for, a frozen engine is not: only the one still answers a ping."""
        task = asyncio.ensure_future(work)
        # A task that is given up may fail later, when nobody asks how.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            async with while_engine_answers(self._clickhouse.ping):
                await asyncio.wait([task])
            return task.result()
        except EngineSilentError as error:
            raise _unavailable() from error
        finally:
            task.cancel()


async def _together(works: Sequence[Awaitable[T]]) -> Sequence[T]:
    """When one fails, the others are cancelled."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def as_problem(error: BaseException) -> AnlytError | None:
    """An engine's error in our words, without a piece of SQL; None for what is a mistake of ours."""
    if fault := fault_of(error):
        return fault
    code: int | None = getattr(error, "code", None) if isinstance(error, ClickHouseError) else None
    if code is None:
        return None if isinstance(error, ProgrammingError) else _unavailable()
    if code == S3_ERROR:
        return DependencyUnavailableError(
            "The cold tier (S3) of ClickHouse does not answer; events of the last year can be read, older ones later."
        )
    if code in TOO_EXPENSIVE:
        return QueryTooExpensiveError(f"This query {TOO_EXPENSIVE[code]}; {ADVICE}.")
    return _unavailable() if code in NOT_NOW else None


def _unavailable() -> DependencyUnavailableError:
    return DependencyUnavailableError("ClickHouse does not answer; try again in a few seconds.")
