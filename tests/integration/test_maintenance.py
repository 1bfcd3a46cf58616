"""Partitions are created ahead and dropped, except those that are still needed, however old their events."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from infra.dedup import HOLD_LEDGER
from infra.embedded.engine import Engine
from ingest.partitions import Partitions
from pipelines import runs
from pipelines.stores import Stores
from schema.streams import BILLING_EVENTS
from tests.support import events
from tests.support.database import connected
from tests.support.pipelines import runs_of, stores_of
from tests.support.platform import BILLING, Platform

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
DEDUP_DAYS = 9


@pytest.fixture
async def stores(database: str, platform: Platform) -> AsyncIterator[Stores]:
    async with stores_of(database, nats=platform.url, dedup_days=DEDUP_DAYS) as opened:
        yield opened


@pytest.fixture
def today() -> date:
    return datetime.now(UTC).date()


async def partitions(stores: Stores, parent: str) -> set[str]:
    rows = await stores.postgres.fetch(
        "select right(inhrelid::regclass::text, 8) as day from pg_inherits where inhparent = $1::text::regclass",
        f"anlyt.{parent}",
    )
    return {row["day"] for row in rows}


async def add_ledger_day(stores: Stores, day: date, newest: datetime | None) -> None:
    """Creates a day of the ledger with this newest claim."""
    await Partitions(stores.postgres).ensure([day])
    if newest is not None:
        await stores.postgres.execute(
            "insert into anlyt.event_days (day, version, newest_claim_at) values ($1, 5, $2)", day, newest
        )


async def test_partitions_are_there_before_they_are_needed(stores: Stores, today: date) -> None:
    assert (await runs.run(stores, "maintenance"))["partitions_ahead"] == 8
    first = today.replace(day=1)
    months = {f"{first:%Y%m%d}", f"{(first + 32 * DAY).replace(day=1):%Y%m%d}"}
    days = {f"{today + days * DAY:%Y%m%d}" for days in range(4)}
    assert await partitions(stores, "metrics_hourly") == await partitions(stores, "costs_hourly") == months
    assert await partitions(stores, "processed_events") == days
    await runs.run(stores, "maintenance")
    assert await partitions(stores, "processed_events") == days


async def test_ledger_days_are_dropped_by_their_newest_claim(stores: Stores, today: date) -> None:
    now = datetime.now(UTC)
    long_ago, edge = now - (DEDUP_DAYS + 2) * DAY, now - (DEDUP_DAYS + 1) * DAY + timedelta(minutes=10)
    await add_ledger_day(stores, today - 40 * DAY, long_ago)
    await add_ledger_day(stores, today - 400 * DAY, now - DAY)  # late events arrived yesterday
    await add_ledger_day(stores, today - 39 * DAY, edge)
    await add_ledger_day(stores, today - 38 * DAY, None)
    await add_ledger_day(stores, today - DAY, None)
    counts = await runs.run(stores, "maintenance")
    assert counts["ledger_days_dropped"] == 2
    kept = {f"{today + days * DAY:%Y%m%d}" for days in (-400, -39, -1, 0, 1, 2, 3)}
    assert await partitions(stores, "processed_events") == kept
    remembered = await stores.postgres.fetchrow(
        "select version, newest_claim_at, forgotten_claim_at from anlyt.event_days where day = $1", today - 40 * DAY
    )
    assert tuple(remembered or ()) == (5, long_ago, long_ago)


async def test_no_ledger_day_is_dropped_that_a_stream_may_redeliver(
    platform: Platform, database: str, today: date
) -> None:
    async with stores_of(database, nats=platform.url, dedup_days=6) as short:
        await add_ledger_day(short, today - 40 * DAY, datetime.now(UTC) - 39 * DAY)
        with pytest.raises(runs.PipelineFailedError, match="ANLYT_DEDUP_DAYS is 6, but BILLING_EVENTS keeps its mess"):
            await runs.run(short, "maintenance")
        assert f"{today + 3 * DAY:%Y%m%d}" in await partitions(short, "processed_events")  # the rest was done
        assert f"{today - 40 * DAY:%Y%m%d}" in await partitions(short, "processed_events")
    async with stores_of(database, nats=platform.url, dedup_days=0) as until_cancelled:
        assert (await runs.run(until_cancelled, "maintenance"))["ledger_days_dropped"] == 0


@pytest.mark.parametrize(("days", "dropped"), [(7, 1), (40, 0), (0, 0)])
async def test_without_a_setting_the_ledger_is_as_long_as_the_streams(
    platform: Platform, database: str, today: date, days: int, dropped: int
) -> None:
    config = (await platform.jetstream.stream_info(BILLING_EVENTS.name)).config
    await platform.jetstream.update_stream(config.evolve(max_age=days * 86400))
    async with stores_of(database, nats=platform.url, dedup_days=None) as stores:
        await add_ledger_day(stores, today - 40 * DAY, datetime.now(UTC) - 39 * DAY)
        assert (await runs.run(stores, "maintenance"))["ledger_days_dropped"] == dropped


async def test_no_ledger_day_is_dropped_while_a_backfill_runs(stores: Stores, database: str, today: date) -> None:
    """A backfill may start at the oldest ledger day and take longer than the days of grace."""
    old = today - 40 * DAY
    await add_ledger_day(stores, old, datetime.now(UTC) - 39 * DAY)
    async with connected(database) as backfill:
        await backfill.execute(HOLD_LEDGER)
        await runs.run(stores, "maintenance")
        assert f"{old:%Y%m%d}" in await partitions(stores, "processed_events")
    await runs.run(stores, "maintenance")
    assert f"{old:%Y%m%d}" not in await partitions(stores, "processed_events")


async def test_a_redelivered_late_event_is_a_duplicate(stores: Stores, platform: Platform, today: date) -> None:
    late = datetime.now(UTC) - 40 * DAY
    fields = events.billing(Random(3), late) | {"billedAt": late.isoformat(), "status": "BILLED"}
    message = events.message(Random(3), fields)
    for _ in range(2):
        await platform.publish(BILLING_EVENTS, [message])
        await platform.drain(BILLING)
        await runs.run(stores, "maintenance")
    counted = "select total_messages from anlyt.metrics_hourly where scope = 'PLATFORM'"
    assert [row[0] for row in await stores.postgres.fetch(counted)] == [1]


async def test_what_was_not_counted_is_forgotten_with_the_claims(stores: Stores, database: str) -> None:
    """But not while a backfill runs, which may deliver the messages again."""
    insert = (
        "insert into anlyt.uncounted_messages select 'billing_metrics', "
        "(extract(epoch from now() - days * interval '1 day') * 1e9)::int8, 'copy', null, '', 0, false "
        "from unnest(array[1, 7, 40, 400]) as days"
    )
    await stores.postgres.execute(insert)
    count = "select count(*) from anlyt.uncounted_messages"
    async with connected(database) as backfill:
        await backfill.execute(HOLD_LEDGER)
        await runs.run(stores, "maintenance")
        assert await stores.postgres.fetchval(count) == 4
    await runs.run(stores, "maintenance")
    assert await stores.postgres.fetchval(count) == 2


async def test_maintenance_waits_for_a_running_claim(stores: Stores, database: str, today: date) -> None:
    old = today - 40 * DAY
    await add_ledger_day(stores, old, datetime.now(UTC) - 39 * DAY)
    async with connected(database) as ingest:
        claim = ingest.transaction()
        await claim.start()
        await ingest.execute(
            "insert into anlyt.processed_events values ($1::date::timestamp at time zone 'UTC', gen_random_uuid())", old
        )
        await ingest.execute("update anlyt.event_days set newest_claim_at = now() where day = $1", old)
        running = asyncio.create_task(runs.run(stores, "maintenance"))
        waiting = "select true from pg_locks where not granted and relation = 'anlyt.processed_events'::regclass"
        async with asyncio.timeout(30):
            while not await stores.postgres.fetchval(waiting):
                await asyncio.sleep(0.01)
        await claim.commit()
        await running
        assert f"{old:%Y%m%d}" in await partitions(stores, "processed_events")
        await stores.postgres.execute("update anlyt.event_days set newest_claim_at = now() - interval '39 days'")
        claim = ingest.transaction()
        await claim.start()
        await ingest.execute("lock table only anlyt.processed_events in row exclusive mode")
        with pytest.raises(runs.PipelineFailedError, match="processed_events could not be locked within 2s"):
            await runs.run(stores, "maintenance")
        await claim.rollback()
    assert (await runs.run(stores, "maintenance"))["ledger_days_dropped"] == 1


async def test_old_runs_are_deleted_except_the_newest_success(stores: Stores) -> None:
    await stores.postgres.execute(
        "insert into anlyt.pipeline_runs (name, started, finished, status) "
        "select name, at, at, status from unnest(array['cubes', 'quality']) as name, "
        "unnest(array['SUCCEEDED', 'FAILED']) as status, "
        "(select now() - days * interval '1 day' as at from generate_series(10, 100, 15) as days) as times"
    )
    counts = await runs.run(stores, "maintenance")
    assert counts["runs_forgotten"] == 2 * 6 + 2
    left = {name: [run["status"] for run in await runs_of(stores, name)] for name in ("cubes", "quality")}
    assert {name: sorted(statuses) for name, statuses in left.items()} == dict.fromkeys(
        left, ["FAILED"] * 6 + ["SUCCEEDED"]
    )


async def test_unreachable_nats(stores: Stores, server: Engine, today: date) -> None:
    await server.kill()
    with pytest.raises(runs.PipelineFailedError, match="NATS does not answer"):
        await runs.run(stores, "maintenance")
    assert f"{today + 3 * DAY:%Y%m%d}" in await partitions(stores, "processed_events")
