"""The scheduler runs pipelines at their times and keeps the gauges."""

import asyncio
from datetime import UTC, datetime
from random import Random

import pytest
from prometheus_client import REGISTRY

from functions.dlr_facts import dlr_facts
from infra.metrics import GAUGES_MEASURED
from pipelines import runs, schedule
from pipelines.cubes import metrics as freshness
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.stores import Stores
from tests.support import events, fact_events
from tests.support.cube_reference import cube_differences
from tests.support.fact_reference import expect
from tests.support.facts import fact_store
from tests.support.pipelines import stores_of
from tests.support.platform import PATIENCE
from tests.support.writes import decoded

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)


def gauge(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


async def test_the_named_ones_are_run_and_no_other(stores: Stores) -> None:
    async with schedule.running(stores, schedule.chosen(["maintenance", "rollup"])), asyncio.timeout(PATIENCE):
        while set(await runs.last_successes(stores)) != {"maintenance", "rollup"}:
            await asyncio.sleep(0.05)
    assert await stores.postgres.fetchval("select count(distinct name) from anlyt.pipeline_runs") == 2


def test_without_names_all_are_run() -> None:
    assert [definition.name for definition in schedule.chosen([])] == list(DEFINITIONS)


async def test_runs_begin_immediately_and_gauges_show_the_age_of_marks(stores: Stores, warehouse: str) -> None:
    random = Random(41)
    sent = [events.message(random, fact_events.report(random, NOW)) for _ in range(30)]
    async with fact_store(warehouse) as store:
        await store.commit(dlr_facts, decoded(dlr_facts, sent, NOW))
    await stores_marked_long_ago(stores)
    await freshness.measure(stores)
    assert gauge("anlyt_cube_freshness_seconds", cube="cube_dlr_hourly") >= 3600
    assert gauge("anlyt_cube_freshness_seconds", cube="cube_dlr_daily") >= 3600
    newest = max(at for (_, at, *_) in expect(sent, arrived=NOW).facts["facts_dlr"])
    assert gauge("anlyt_data_as_of_timestamp_seconds", projection="facts_dlr") == newest.timestamp()
    async with schedule.running(stores), asyncio.timeout(PATIENCE):
        # Marks are removed last: a run that is stopped before that leaves them to the next one.
        while await cube_differences(warehouse, expect(sent, arrived=NOW)) or await marks(stores):
            await asyncio.sleep(0.05)
    await freshness.measure(stores)
    for cube in ("cube_dlr_hourly", "cube_dlr_daily"):
        assert gauge("anlyt_cube_freshness_seconds", cube=cube) == 0
        assert gauge("anlyt_data_as_of_timestamp_seconds", projection=cube) == newest.timestamp()


async def marks(stores: Stores) -> int:
    client = await stores.clickhouse.client()
    return int((await client.query("select count() from dirty where startsWith(cube, 'cube_')")).result_rows[0][0])


async def stores_marked_long_ago(stores: Stores) -> None:
    """Adds a mark to each marked cell that is an hour older."""
    client = await stores.clickhouse.client()
    await client.command(
        "insert into dirty (cube, tenant_id, hour, marked_at) "
        "select cube, tenant_id, hour, marked_at - interval 1 hour from dirty"
    )


async def test_gauges_count_as_measured_only_with_every_store_there(database: str, stores: Stores) -> None:
    measured = {"part": "pipelines"}
    GAUGES_MEASURED.clear()
    async with stores_of(database) as without_clickhouse:
        assert not all([await schedule.measured(without_clickhouse, each) for each in schedule.MEASURES])
    async with schedule.running(stores), asyncio.timeout(PATIENCE):
        while not gauge("anlyt_gauges_measured_timestamp_seconds", **measured):
            await asyncio.sleep(0.05)
