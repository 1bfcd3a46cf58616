"""A report reads one snapshot, whatever is committed between its statements."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import asyncpg
import pytest

from infra.clickhouse import open_clickhouse
from infra.postgres import Connection, Pool
from infra.sessions import Session
from ingest.partitions import Partitions
from pipelines import runs
from pipelines.stores import Stores
from tests.graph.support.api import Api, open_api
from tests.graph.support.store import DAY, HOUR, Row, Store, iso
from tests.support.database import connected

pytestmark = pytest.mark.anyio

# A complete month, which is archived and dropped in one run.
MONTH = (datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=130)).replace(
    day=1
)
SUBJECTS = (("PLATFORM", "platform"), ("OPERATOR", "op-1"), ("ACCOUNT", "acc-1"))
FILLED = 4  # days
WINDOW = {"from_": iso(MONTH + 5 * HOUR), "to": iso(MONTH + 9 * DAY + 7 * HOUR)}
READINGS: dict[str, Callable[[Any], int]] = {
    "summary": lambda answer: answer["totalMessages"],
    "operators/op-1/performance": lambda answer: answer["totalMessages"],
    "accounts/acc-1/usage": lambda answer: answer["messagesSent"],
    "throughput": lambda answer: sum(point["messages"] for point in answer["series"]),
    "delivery-breakdown": lambda answer: answer["byOperator"][0]["total"],
    "top-operators": lambda answer: answer["operators"][0]["totalMessages"],
}


ADD_MESSAGES = "update anlyt.metrics_hourly set total_messages = total_messages + 1"
PING = "select true"  # the health check, which is no statement of a report


class Interruptions:
    """An event that runs once, before the report's statement number `after`."""

    def __init__(self) -> None:
        self.after = 0
        self.event: Callable[[], Awaitable[None]] | None = None

    def arm(self, after: int, event: Callable[[], Awaitable[None]]) -> None:
        self.after, self.event = after, event

    async def statement_begins(self, query: str) -> None:
        event = self.event
        if event is None or query == PING:
            return
        self.after -= 1
        if self.after < 0:
            self.event = None
            await event()


@pytest.fixture
def interruptions() -> Interruptions:
    return Interruptions()


@pytest.fixture
async def interrupted(database: str, interruptions: Interruptions) -> AsyncIterator[Pool]:
    """A pool that runs an event between the statements of its connections."""

    class Interrupted(Session):
        async def execute(self, *arguments: Any, **named: Any) -> Any:
            await interruptions.statement_begins(arguments[0])
            return await super().execute(*arguments, **named)

        async def fetch(self, *arguments: Any, **named: Any) -> Any:
            await interruptions.statement_begins(arguments[0])
            return await super().fetch(*arguments, **named)

        async def fetchrow(self, *arguments: Any, **named: Any) -> Any:
            await interruptions.statement_begins(arguments[0])
            return await super().fetchrow(*arguments, **named)

        async def fetchval(self, *arguments: Any, **named: Any) -> Any:
            await interruptions.statement_begins(arguments[0])
            return await super().fetchval(*arguments, **named)

    async def skip_reset(_: Any) -> None:
        """Skips the reset of a returned connection, whose statements are not the report's."""

    async with asyncpg.create_pool(
        database,
        min_size=1,
        max_size=4,
        server_settings={"timezone": "UTC"},
        connection_class=Interrupted,
        reset=skip_reset,
    ) as pool:
        yield pool


@asynccontextmanager
async def api_over(pool: Pool, warehouse: str) -> AsyncIterator[Api]:
    async with (
        open_clickhouse(warehouse, statement_timeout=30) as clickhouse,
        open_api(pool, clickhouse=clickhouse) as api,
    ):
        yield api


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    async with connected(database) as made:
        yield made


@pytest.mark.parametrize("path", READINGS)
async def test_no_row_is_missed_while_the_archive_drops_a_month(
    path: str, interrupted: Pool, interruptions: Interruptions, stores: Stores, connection: Connection, warehouse: str
) -> None:
    """The month is filled again and archived before each statement of the report in turn."""
    read = READINGS[path]
    for number in range(40):
        await Partitions(stores.postgres).ensure([MONTH.date()])
        await fill(connection)
        interruptions.arm(number, partial(archive, stores))
        async with api_over(interrupted, warehouse) as api:
            assert read(await api.report(path, **WINDOW)) == (number + 1) * FILLED
            if interruptions.event is not None:  # the report has no more statements
                break
            assert read(await api.report(path, **WINDOW)) == (number + 1) * FILLED
    assert 0 < number < 39


@pytest.mark.parametrize("change", ["a late event", "the archive", "hours made anew"])
@pytest.mark.parametrize("path", READINGS)
async def test_cached_days_are_not_used_after_a_change(
    path: str,
    change: str,
    interrupted: Pool,
    interruptions: Interruptions,
    stores: Stores,
    connection: Connection,
    warehouse: str,
) -> None:
    """A change commits before each statement in turn, for a report over cached and rolled up days."""
    read = READINGS[path]
    await Partitions(stores.postgres).ensure([MONTH.date()])
    await fill(connection)
    changes: dict[str, Callable[[], Awaitable[object]]] = {
        "a late event": partial(connection.execute, ADD_MESSAGES),
        "the archive": partial(runs.run, stores, "archive"),
        "hours made anew": partial(replace_rows, connection),
    }

    async def change_rows() -> None:
        await changes[change]()

    async with api_over(interrupted, warehouse) as api:
        for number in range(40):
            await runs.run(stores, "rollup")
            before = read(await api.report(path, **WINDOW))
            interruptions.arm(number, change_rows)
            figures = read(await api.report(path, **WINDOW))
            if interruptions.event is not None:
                break
            after = read(await api.report(path, **WINDOW))
            assert after == before + (FILLED if change != "the archive" else 0)
            # Before the first statement, the change is older than the request.
            assert figures in ({after} if number == 0 else {before, after})
    assert number > 0


async def replace_rows(connection: Connection) -> None:
    """Replaces all rows of the month, as a rebuild does, with one message more in each."""
    async with connection.transaction():
        await connection.execute("create temp table copied on commit drop as select * from anlyt.metrics_hourly")
        await connection.execute("update copied set total_messages = total_messages + 1")
        await connection.execute("delete from anlyt.metrics_hourly")
        await connection.execute("insert into anlyt.metrics_hourly select * from copied")


async def fill(connection: Connection) -> None:
    """Adds one message per day and subject."""
    rows = [Row(MONTH + day * DAY + 6 * HOUR, *subject, messages=1) for day in range(FILLED) for subject in SUBJECTS]
    await Store(connection).put(rows, MONTH + 27 * DAY)


async def archive(stores: Stores) -> None:
    assert await runs.run(stores, "archive") == {"days": FILLED}
