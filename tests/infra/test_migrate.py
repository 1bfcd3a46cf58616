"""DDL is applied once, in order; two processes take turns; what was applied may not change."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count

import asyncpg
import pytest

from infra.clickhouse import connect
from infra.embedded.engine import Engine
from infra.errors import MisconfiguredError
from infra.migrate import ChangedStepError, ClickHouseLedger, PostgresLedger, fix_currency, migrate, steps
from infra.postgres import Connection

pytestmark = pytest.mark.anyio
_numbers = count()


@pytest.fixture
async def dsn(postgres: Engine) -> AsyncIterator[str]:
    name = f"migrate_{next(_numbers)}"
    admin = await asyncpg.connect(postgres.dsn)
    await admin.execute(f"create database {name}")
    yield f"{postgres.dsn.rpartition('/')[0]}/{name}"
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def test_steps_are_applied_once(connection: Connection) -> None:
    ledger = PostgresLedger(connection)
    assert not any(step.applied for step in await steps(ledger, "postgres"))
    first = [step async for step in migrate(ledger, "postgres")]
    second = [step async for step in migrate(ledger, "postgres")]
    assert [step.applied for step in first] == [False] * len(first)
    assert [step.applied for step in second] == [True] * len(first)
    assert [step.name for step in first] == sorted(step.name for step in first)


async def test_two_processes_take_turns(dsn: str) -> None:
    connections = [await asyncpg.connect(dsn) for _ in range(4)]

    async def apply(connection: Connection) -> None:
        async for _ in migrate(PostgresLedger(connection), "postgres"):
            pass

    await asyncio.gather(*map(apply, connections))
    assert all(step.applied for step in await steps(PostgresLedger(connections[0]), "postgres"))
    for connection in connections:
        await connection.close()


async def test_an_edited_step_is_refused(connection: Connection) -> None:
    ledger = PostgresLedger(connection)
    for step in await steps(ledger, "postgres"):
        await ledger.apply(replace(step, sql=f"{step.sql}\n-- edited"))
    with pytest.raises(ChangedStepError, match=r"0001_ingest\.sql is not what was applied to postgres"):
        await steps(ledger, "postgres")


async def test_the_reporting_currency_is_fixed(connection: Connection) -> None:
    async for _ in migrate(PostgresLedger(connection), "postgres"):
        pass
    await fix_currency(connection, "AFN")
    await fix_currency(connection, "AFN")
    sentence = r"^ANLYT_REPORTING_CURRENCY: .* another currency \(in AFN, not USD\)\. Set it to AFN\.$"
    with pytest.raises(MisconfiguredError, match=sentence):
        await fix_currency(connection, "USD")


async def test_clickhouse_remembers_its_steps(clickhouse: Engine) -> None:
    async with connect(clickhouse.dsn, database="default") as client:
        await client.command("drop database if exists anlyt sync")  # other tests of the session migrated it
        ledger = ClickHouseLedger(client)
        first = [step async for step in migrate(ledger, "clickhouse")]
        second = [step async for step in migrate(ledger, "clickhouse")]
    assert [step.applied for step in first] == [False] * len(first)
    assert [step.applied for step in second] == [True] * len(first)
