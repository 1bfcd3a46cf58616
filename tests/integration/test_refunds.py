"""Refund counts of cells from before refunds were counted, and of newer cells."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from infra.embedded.engine import Engine
from infra.migrate import PostgresLedger, migrate, steps
from infra.postgres import Connection
from ingest.writer import write
from pipelines.rollup.datasets import add_up
from schema.instants import instant
from schema.writes import Billed, CellKey, Writes

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
OLD = datetime(2026, 10, 1, 9, tzinfo=UTC)
NEW = OLD + HOUR
NEXT_DAY = OLD + timedelta(days=1)
CELLS = "select hour_bucket, total_messages, refunded_messages from anlyt.metrics_hourly order by hour_bucket"


@pytest.fixture
async def upgraded(postgres: Engine) -> AsyncIterator[Connection]:
    """A database with one message in the hour OLD, from before refunds were counted."""
    admin = await asyncpg.connect(postgres.dsn)
    await admin.execute("create database before_refunds")
    connection = await asyncpg.connect(f"{postgres.dsn.rpartition('/')[0]}/before_refunds")
    ledger = PostgresLedger(connection)
    for step in await steps(ledger, "postgres"):
        if step.name < "0016":
            await ledger.apply(step)
    for table in ("metrics_hourly", "costs_hourly"):
        await connection.execute(
            "select anlyt.ensure_partition($1, $2, $3)", table, OLD.replace(day=1, hour=0), OLD.replace(month=11)
        )
    await connection.execute(
        "insert into anlyt.metrics_hourly (hour_bucket, scope, scope_id, total_messages, billing_events) "
        "values ($1, 'PLATFORM', 'platform', 1, 3)",
        OLD,
    )
    async for _ in migrate(ledger, "postgres"):
        pass
    yield connection
    await connection.close()
    await admin.execute("drop database before_refunds with (force)")
    await admin.close()


async def test_cells_from_before_stay_unknown_and_new_ones_count(upgraded: Connection) -> None:
    assert [tuple(row) for row in await upgraded.fetch(CELLS)] == [(OLD, 1, None)]
    refund = Billed(messages=-1, refunded=1, events={"USD": 1})
    cells = {CellKey("PLATFORM", "platform", instant(hour)): refund for hour in (OLD, NEW, NEXT_DAY)}
    for _ in range(2):
        await write(upgraded, Writes(billed=cells), "USD")
    refunds = [(OLD, -1, None), (NEW, -2, 2), (NEXT_DAY, -2, 2)]
    assert [tuple(row) for row in await upgraded.fetch(CELLS)] == refunds


async def test_a_day_is_unknown_if_one_of_its_hours_is(upgraded: Connection) -> None:
    refund = Billed(messages=-1, refunded=1, events={"USD": 1})
    cells = {CellKey("PLATFORM", "platform", instant(hour)): refund for hour in (NEW, NEXT_DAY, NEXT_DAY + HOUR)}
    await write(upgraded, Writes(billed=cells), "USD")
    for day in (OLD.date(), NEXT_DAY.date()):
        async with upgraded.transaction():
            await add_up(upgraded, day)
    rows = await upgraded.fetch(
        "select day_bucket, total_messages, refunded_messages from anlyt.metrics_daily order by day_bucket"
    )
    assert [tuple(row) for row in rows] == [(OLD.date(), 0, None), (NEXT_DAY.date(), -2, 2)]
