"""DDL is applied once and in order, by one process at a time. An applied file must not change."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count

import asyncpg
import pytest

from infra.clickhouse import connect
from infra.embedded.engine import Engine
from infra.migrate import (
    ChangedStepError,
    ClickHouseLedger,
    LockedError,
    PostgresLedger,
    Step,
    migrate,
    steps,
)
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


async def test_a_step_never_waits_for_a_transaction_that_waits_for_it(dsn: str, connection: Connection) -> None:
    """In any lock order, the other transactions continue, and the step is applied afterwards."""
    await connection.execute("create schema anlyt create table first (n int) create table second (n int)")
    sql = "alter table anlyt.first add column m int; alter table anlyt.second add column m int"
    other = await asyncpg.connect(dsn)
    async with asyncio.TaskGroup() as tasks:
        await other.execute("begin; insert into anlyt.second values (1)")
        step = Step("postgres", "9999_both", sql, applied=False)
        applying = tasks.create_task(PostgresLedger(connection).apply(step))
        while not await other.fetchval("select count(*) from pg_locks where not granted"):
            await asyncio.sleep(0)
        assert await other.fetchval("select count(*) from anlyt.first") == 0
        await other.execute("commit")
        await applying
    assert await other.fetchval("select m is null from anlyt.second") is True
    await other.close()


async def test_a_step_whose_tables_are_kept_locked_says_so(
    dsn: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.migrate.ATTEMPTS", 2)
    await connection.execute("create schema anlyt create table kept (n int)")
    other = await asyncpg.connect(dsn)
    async with other.transaction():
        await other.execute("lock table anlyt.kept in access share mode")
        step = Step("postgres", "9999_kept", "alter table anlyt.kept add column m int", applied=False)
        with pytest.raises(LockedError, match=r"9999_kept\.sql needs tables .* tried 2 times"):
            await PostgresLedger(connection).apply(step)
    assert await PostgresLedger(connection).applied() == {}
    await other.close()


async def test_an_edited_step_is_refused(connection: Connection) -> None:
    ledger = PostgresLedger(connection)
    for step in await steps(ledger, "postgres"):
        await ledger.apply(replace(step, sql=f"{step.sql}\n-- edited"))
    with pytest.raises(ChangedStepError, match=r"0001_ingest\.sql was changed after it was applied to postgres"):
        await steps(ledger, "postgres")


async def test_clickhouse_remembers_its_steps(clickhouse: Engine) -> None:
    async with connect(clickhouse.dsn, database="default") as client:
        await client.command("drop database if exists anlyt sync")  # other tests of the session have migrated it
        ledger = ClickHouseLedger(client)
        first = [step async for step in migrate(ledger, "clickhouse")]
        second = [step async for step in migrate(ledger, "clickhouse")]
    assert [step.applied for step in first] == [False] * len(first)
    assert [step.applied for step in second] == [True] * len(first)
