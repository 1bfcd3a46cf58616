"""Reads both statements of a question, once what they read is settled.

PostgreSQL is read in one snapshot, with the position of the window. ClickHouse is read in between; afterwards, the
position has to be the same, and the window still without marks.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final, NamedTuple

import asyncpg
from clickhouse_connect.driver.exceptions import ClickHouseError
from nats.js import JetStreamContext

from infra.clickhouse import traced
from infra.postgres import Connection
from pipelines.crosscheck.laws import LAWS
from pipelines.crosscheck.questions import Question
from pipelines.crosscheck.settled import Position, are_consumers_close, is_unmarked, read_position
from pipelines.crosscheck.statements import Statement, Values, differing, printed
from pipelines.datasets import HOLD_TABLES
from pipelines.stores import Stores

LEAST_SECONDS: Final = 0.05  # that a statement may take, however little of the budget is left
# ClickHouse's error codes of a statement that would exceed its time or memory.
TOO_EXPENSIVE: Final = frozenset({159, 160, 241})
# One thread: a statement takes no more of the processor than of the clock.
SETTINGS: Final = {"readonly": 1, "max_threads": 1, "max_memory_usage": 2 << 30, "select_sequential_consistency": 1}


class TooExpensiveError(Exception):
    """A statement needed more time than the run has left, or more memory than it may use."""


class Reading(NamedTuple):
    """Both statements with their values, read while everything was settled, from the time `at` on."""

    at: datetime
    left: Statement
    left_values: Values
    right: Statement
    right_values: Values

    @property
    def differing(self) -> Sequence[str]:
        """The columns whose values differ."""
        return differing(self.left_values, self.right_values)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads questions until the monotonic clock shows `deadline`. `pause`: see `settled`."""

    stores: Stores
    jetstream: JetStreamContext
    deadline: float
    pause: float

    @property
    def seconds_left(self) -> float:
        return self.deadline - monotonic()

    async def read(self, question: Question) -> Reading | None:
        """The reading of a question; None if it is not settled. Raises TooExpensiveError."""
        law = LAWS[question.law]
        if "unmarked" in law.needs and not await are_consumers_close(self.jetstream, question, self.pause):
            return None
        if not await is_unmarked(self.stores, law, question):
            return None
        async with self._snapshot() as connection:
            before = await read_position(connection, question)
            if not before.meets(law.needs):
                return None
            statements = law.left(question, before.batches), law.right(question, before.batches)
            left, right = [await self._values(connection, each) for each in statements]
        if not law.reads_one_snapshot and not await self._is_unchanged(question, before):
            return None
        return Reading(before.at, statements[0], left, statements[1], right)

    async def _is_unchanged(self, question: Question, before: Position) -> bool:
        if not await is_unmarked(self.stores, LAWS[question.law], question):
            return False
        async with self.stores.postgres.acquire() as connection:
            return (await read_position(connection, question)).is_like(before)

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[Connection]:
        with _too_expensive():
            async with (
                self.stores.postgres.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                await connection.execute(HOLD_TABLES)
                yield connection

    async def _values(self, connection: Connection, statement: Statement) -> Values:
        seconds = max(self.seconds_left, LEAST_SECONDS)
        if statement.store == "postgres":
            await connection.execute(f"set local statement_timeout = {int(seconds * 1000)}")
            row = await connection.fetchrow(statement.sql, *statement.values.values())
            assert row is not None
            return printed(dict(row))
        client = await self.stores.clickhouse.client()
        with traced(statement.sql):
            result = await client.query(
                statement.sql, parameters=dict(statement.values), settings=SETTINGS | {"max_execution_time": seconds}
            )
        return printed(next(iter(result.named_results())))


@contextmanager
def _too_expensive() -> Iterator[None]:
    """Converts the engines' errors of a statement that would exceed its limits."""
    try:
        yield
    except asyncpg.QueryCanceledError as error:
        raise TooExpensiveError("PostgreSQL ended a statement that took too long.") from error
    except ClickHouseError as error:
        if getattr(error, "code", None) in TOO_EXPENSIVE:
            raise TooExpensiveError("ClickHouse ended a statement that took too long.") from error
        raise
