"""Transfers lose and double nothing, whatever happens meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from infra.clickhouse import connect
from infra.postgres import Connection
from pipelines import runs
from pipelines.archive import transfer
from pipelines.archive.datasets import OLD_PARTITIONS, OldPartitions
from pipelines.archive.days import OldPartition, first_kept_day
from pipelines.archive.rows import sums
from pipelines.archive.transfer import BEGIN_BATCH, ArchiveMismatchError, read_day, remove_abandoned, switch
from pipelines.runs import PipelineFailedError
from pipelines.stores import Stores
from tests.graph.support.store import Row, Store
from tests.support.database import connected

pytestmark = pytest.mark.anyio

# Old enough that its whole month is old on every day of the current month.
HOUR = datetime.now(UTC).replace(hour=7, minute=0, second=0, microsecond=0) - timedelta(days=130)
MESSAGES = "select coalesce(sum(total_messages), 0)::int8 from anlyt.metrics_hourly"
FORGED = """
insert into anlyt.metrics_hourly_archive (hour_bucket, scope, scope_id, total_messages, batch)
values ({hour:DateTime('UTC')}, 'PLATFORM', 'forged', 1000, 1)
"""


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    async with connected(database) as made:
        await Store(made).put([Row(HOUR, "PLATFORM", "platform", messages=7)])
        yield made


async def test_a_run_whose_batch_was_abandoned_drops_nothing(stores: Stores, connection: Connection) -> None:
    """The run has lost its lease and is still alive."""
    snapshot = await read_day(stores, HOUR.date())
    assert snapshot is not None
    batch = await connection.fetchval(BEGIN_BATCH, [HOUR.date()], 0)
    await remove_abandoned(stores)  # as the next run does first
    with pytest.raises(ArchiveMismatchError, match="abandoned"):
        async with connection.transaction():
            await switch(connection, [snapshot], batch)
    assert await connection.fetchval(MESSAGES) == 7


async def test_a_run_that_lost_its_lease_does_not_transfer_a_day_again(stores: Stores, connection: Connection) -> None:
    snapshot = await read_day(stores, HOUR.date())
    assert snapshot is not None
    assert await runs.run(stores, "archive") == {"days": 1}
    batch = await connection.fetchval(BEGIN_BATCH, [HOUR.date()], 0)
    async with connection.transaction():
        assert not await switch(connection, [snapshot], batch)
    counted = "select sum(total_messages)::int8 from anlyt.archive_batches where state = 'ARCHIVED'"
    assert await connection.fetchval(counted) == 7


async def test_a_month_stays_while_its_rows_are_read(
    stores: Stores, connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run transfers the day and drops the month between the reader's snapshot and its reading of the rows."""
    waits = "then version + 0 * (select count(pg_advisory_xact_lock_shared(77)))"
    monkeypatch.setattr(transfer, "CLEAN_VERSION", transfer.CLEAN_VERSION.replace("then version", waits))
    async with connected(database) as gate:
        await gate.execute("select pg_advisory_lock(77)")
        reading = asyncio.create_task(read_day(stores, HOUR.date()))
        async with asyncio.timeout(30):
            while not await gate.fetchval("select true from pg_locks where locktype = 'advisory' and not granted"):
                await asyncio.sleep(0.01)
        await connection.execute("delete from anlyt.metrics_hourly")
        old = [OldPartition(*row) for row in await connection.fetch(OLD_PARTITIONS, first_kept_day())]
        assert [each.name for each in old if each.table == "metrics_hourly"]
        for partition in old:
            await OldPartitions().write(stores, partition)
        await gate.execute("select pg_advisory_unlock(77)")
        snapshot = await reading
    assert snapshot is not None
    assert sums(snapshot.hourly)["total_messages"] == sums(snapshot.daily)["total_messages"] == 7


async def test_a_day_that_changed_since_it_was_read_stays(stores: Stores, connection: Connection) -> None:
    snapshot = await read_day(stores, HOUR.date())
    assert snapshot is not None
    batch = await connection.fetchval(BEGIN_BATCH, [HOUR.date()], 0)
    await connection.execute("update anlyt.metrics_hourly set total_messages = 8")
    async with connection.transaction():
        assert not await switch(connection, [snapshot], batch)
    assert await connection.fetchval(MESSAGES) == 8


async def test_an_archive_that_returns_something_else_stops_the_run(
    stores: Stores, connection: Connection, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row is not seen when the run takes a number, as on a replica that lags."""
    monkeypatch.setattr(transfer, "NEWEST_BATCH", "select 0")
    async with connect(warehouse) as client:
        await client.command(FORGED, parameters={"hour": HOUR})
    with pytest.raises(PipelineFailedError, match=r"returns other hourly rows \(2\) than were written \(1\)"):
        await runs.run(stores, "archive")
    assert await connection.fetchval(MESSAGES) == 7
    assert await runs.run(stores, "archive") == {"days": 1}
    assert await connection.fetchval(MESSAGES) == 0
    async with connect(warehouse) as client:
        left = await client.query("select batch, total_messages from anlyt.metrics_hourly_archive")
    assert left.result_rows == [(2, 7)]
