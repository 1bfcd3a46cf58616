"""Parts of tables, from which validators are made: which are read, and when."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from graph.dsl.compile import Compiled, compile_query
from graph.dsl.execute import QueryEngine
from graph.dsl.parse import parse
from graph.dsl.scope import AllTenants, OneTenant, QueryScope
from graph.dsl.select import Statement
from graph.dsl.states import parts_parameters, read_count_and_parts, read_parts, with_parts
from infra.clickhouse import connect, open_clickhouse
from tests.graph.support.queries import REPORTS, fill, put

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
FIRST = datetime(2026, 8, 1, tzinfo=UTC)
DAYS = 150
WHOLE = (FIRST, FIRST + DAYS * DAY)
SLOW = "select groupArray(sleepEachRow(1)) from numbers(1)"


@pytest.fixture
async def client(filled: str) -> AsyncIterator[AsyncClient]:
    """Facts of every third day, and cubes that follow them."""
    facts = [
        {**REPORTS[0], "event_key": 10**9 + number, "event_time": FIRST + number * DAY} for number in range(0, DAYS, 3)
    ]
    await fill(filled, facts_dlr=facts)
    async with connect(filled) as opened:
        yield opened
    await fill(filled, facts_dlr=REPORTS)


@pytest.fixture
async def engine(filled: str) -> AsyncIterator[QueryEngine]:
    async with open_clickhouse(filled, statement_timeout=60) as clickhouse:
        yield QueryEngine(clickhouse)


def compiled(dimension: str, first: datetime, end: datetime, scope: QueryScope) -> Compiled:
    """A query whose rows come from the cube by `status`, and from facts by `errorCode`."""
    query: dict[str, Any] = {
        "dataset": "dlr",
        "measures": ["messages"],
        "dimensions": [dimension],
        "time": {"from": first.isoformat(), "to": end.isoformat()},
    }
    return compile_query(parse(query), scope, None)


async def test_the_parts_of_a_window_are_those_of_its_days(client: AsyncClient, engine: QueryEngine, seed: int) -> None:
    """Partitions of the cube are months, those of facts are days."""
    stored = await client.query("select table, partition_id, name from system.parts where active")
    random, seen = Random(seed), set[int]()
    for _ in range(12):
        first = FIRST + random.randrange(DAYS) * DAY
        end = first + random.randrange(1, 90) * DAY
        days = [f"{first + number * DAY:%Y%m%d}" for number in range((end - first).days + 1)]
        for dimension in ("status", "errorCode"):
            query = compiled(dimension, first, end, AllTenants())
            expected = {
                name
                for table, partition, name in stored.result_rows
                if table == query.source and any(day.startswith(partition) for day in days)
            }
            assert {name for _, _, name, _ in await read_parts(engine, query.plan)} == expected
            seen.add(len(expected))
    assert len(seen) > 3


async def test_the_rows_of_a_tenant_are_counted_beside_the_parts(client: AsyncClient, engine: QueryEngine) -> None:
    for tenant, rows in ((REPORTS[0]["tenant_id"], DAYS // 3), ("nobody", 0)):
        query = compiled("errorCode", *WHOLE, OneTenant(tenant, None))
        assert await read_count_and_parts(engine, query) == (rows, await read_parts(engine, query.plan))


async def test_parts_are_read_after_the_value(client: AsyncClient, engine: QueryEngine) -> None:
    """A part that comes while the value is read is among them, so they are never older than the value."""
    plan = compiled("errorCode", *WHOLE, AllTenants()).plan
    statement = Statement(with_parts(SLOW), parts_parameters(plan, plan.tables))
    reading = asyncio.create_task(engine.read(statement))
    await asyncio.sleep(0.3)
    await put(client, "facts_dlr", [{**REPORTS[0], "event_key": 7, "event_time": FIRST + DAY}])
    _, (parts,) = (await reading).columns
    assert sorted(parts) == await read_parts(engine, plan)
