"""Each law of the cross-check finds a planted difference in each store, and nothing else is a difference."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final

import msgspec
import pytest

from functions import FACTS, METRICS
from functions.delivery_metrics import delivery_metrics
from functions.dlr_facts import dlr_facts
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from infra.errors import DependencyUnavailableError
from pipelines import runs
from pipelines.crosscheck.laws import LAWS
from pipelines.crosscheck.params import Params
from pipelines.kedro_thread import Run
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.stores import open_stores
from schema.streams import SMS_DLR
from tests.graph.support.api import ADMIN
from tests.graph.support.queries import QUERY, tenant
from tests.graph.support.warehouse_facts import TENANTS
from tests.prove.world import World, open_world
from tests.support.crosscheck import (
    PATIENCE,
    PAUSE,
    Plant,
    by_hand,
    closed,
    crosscheck,
    differences,
    fill,
    found,
    plant,
    settle,
    suspicions,
    values,
)
from tests.support.pipeline_process import killed_after
from tests.support.pipelines import NOBODY_CLICKHOUSE, NOBODY_NATS, stores_of
from tests.support.platform import NOWHERE
from tests.support.validity import Message
from tests.support.warehouse import rows

pytestmark = pytest.mark.anyio

BUSY: Final = 20.0  # seconds
COPY: Final = """
insert into anlyt.facts_dlr
select * replace ('copied' as tenant_id, ver - 1 as ver) from anlyt.facts_dlr final order by cityHash64(*) limit 1
"""
MARK: Final = """
insert into anlyt.dirty (cube, tenant_id, hour)
select distinct 'cube_dlr_hourly', tenant_id, hour from anlyt.cube_dlr_hourly final
"""
FACTS_DLR: Final = Plant("facts_dlr", "latency_ms", "status != 'PENDING'", ("tenant_id", "event_time", "event_key"))
HOURS: Final = Plant("cube_dlr_hourly", "messages", "true", ("tenant_id", "hour", "mno", "lane", "direction", "status"))
RECENT: Final = "event_time > now() - interval 88 day"
ARCHIVED: Final = "event_time < now() - interval 92 day"
SUBJECT: Final = ("scope", "scope_id", "batch")
PLANTS: Final = {
    "days_are_their_hours": [
        Plant("metrics_daily", "total_messages"),
        Plant("metrics_hourly", "segments"),
    ],
    "operators_are_the_platform": [
        Plant("metrics_hourly", "total_cost", "scope = 'PLATFORM'"),
        Plant("metrics_hourly", "delivered_messages", "scope = 'OPERATOR'"),
    ],
    "accounts_are_the_platform": [
        Plant("metrics_hourly", "latency_sum_ms", "scope = 'PLATFORM'"),
        Plant("metrics_hourly", "total_messages", "scope = 'ACCOUNT'"),
    ],
    "reports_are_facts": [
        Plant("metrics_hourly", "delivered_messages"),
        Plant(FACTS_DLR.table, FACTS_DLR.column, f"{FACTS_DLR.where} and {RECENT}", FACTS_DLR.keys),
    ],
    "cubes_are_facts": [
        HOURS,
        Plant("facts_cdr", "segment_count", "true", FACTS_DLR.keys),
    ],
    "days_of_cubes_are_their_hours": [
        Plant("cube_dlr_daily", "esme_errors", "true", ("tenant_id", "day", "mno", "lane", "direction", "status")),
        Plant("cube_cdr_hourly", "cost", "true", (*HOURS.keys, "currency")),
    ],
    "local_days_are_their_parts": [FACTS_DLR, HOURS],
    "pages_are_totals": [
        Plant("cube_compliance_hourly", "evaluations", "true", ("tenant_id", "hour", "mno", "lane", "verdict")),
        FACTS_DLR,
    ],
    "archived_days_are_their_hours": [
        Plant("metrics_daily_archive", "segments", "true", (*SUBJECT, "day_bucket")),
        Plant("metrics_hourly_archive", "total_cost", "true", (*SUBJECT, "hour_bucket")),
    ],
    "archived_reports_are_facts": [
        Plant("metrics_hourly_archive", "failed_messages", "true", (*SUBJECT, "hour_bucket")),
        Plant(FACTS_DLR.table, FACTS_DLR.column, f"{FACTS_DLR.where} and {ARCHIVED}", FACTS_DLR.keys),
    ],
}


@pytest.fixture
async def world(tmp_path: Path, template: Engine, clickhouse: Engine, seed: int) -> AsyncIterator[World]:
    """A world of its own for each test, with settled events."""
    random = Random(seed)
    async with open_world(tmp_path / "nats", template, clickhouse, random) as opened:
        await fill(opened, random)
        yield opened


def test_each_law_has_its_test() -> None:
    assert {*PLANTS, "events_are_facts"} == LAWS.keys()


@pytest.mark.parametrize("law", PLANTS)
async def test_a_planted_difference_is_found_in_each_store(world: World, law: str) -> None:
    stores = world.stores
    await crosscheck(stores, questions=30)
    assert await suspicions(stores) == []
    for number, change in enumerate(PLANTS[law]):
        difference = await found(stores, law, await plant(stores, change))
        assert difference["law"] == law
        sides = [(difference[f"{side}_store"], difference[f"{side}_statement"]) for side in ("left", "right")]
        logged = [values(difference[f"{side}_values"]) for side in ("left", "right")]
        assert [await by_hand(stores, *side) for side in sides] == logged
        assert logged[0] != logged[1]
        await plant(stores, change, by=-1)
        await closed(stores)
        assert len(await differences(stores, "closed_at is not null")) >= number + 1
        assert await differences(stores, "closed_at is null") == []


async def test_a_copy_under_another_tenant_is_found_without_a_mark_and_goes(world: World) -> None:
    """The copy that the stream stored first stays, and the cells of the other tenant are computed again."""
    stores = world.stores
    async with connect(stores.engines.clickhouse) as client:
        await client.command(COPY)
    ((day,),) = await rows(
        stores.engines.clickhouse, "select toDate(event_time) from facts_dlr where tenant_id = 'copied'"
    )
    await crosscheck(stores, law="events_are_facts", day=day, questions=500)
    (suspicion,) = await suspicions(stores)
    assert (suspicion["law"], suspicion["dataset"]) == ("events_are_facts", "dlr")
    copied = "select count() from facts_dlr where tenant_id = 'copied'"
    assert await rows(stores.engines.clickhouse, copied) == [(1,)]
    assert (await runs.run(stores, "copies"))["facts_removed"] == 1
    await runs.run(stores, "cubes")
    assert await rows(stores.engines.clickhouse, copied) == [(0,)]
    await closed(stores)
    assert await differences(stores) == []
    await crosscheck(stores, questions=100)
    assert await suspicions(stores) == []


async def test_verified_days_reach_the_answers(world: World) -> None:
    """Checks of cells, tenant by tenant and hour by hour, make whole days verified."""
    stores, edge = world.stores, world.edges[1]
    time = {"from": f"{edge:%FT%TZ}", "to": f"{edge + timedelta(days=1):%FT%TZ}"}
    query = {"dataset": "dlr", "measures": ["messages"], "dimensions": [], "time": time}
    async with asyncio.timeout(PATIENCE):
        while True:
            await crosscheck(stores, law="cubes_are_facts", day=edge.date(), questions=60)
            answers = [
                (await world.client.post(QUERY, json=query, headers=dict(caller))).json()["meta"]["verified"]
                for caller in (tenant(TENANTS[0]), ADMIN)
            ]
            if all(each and each["checkedDays"] for each in answers):
                break
    assert [(each["result"], each["checkedDays"], each["days"]) for each in answers] == [("EQUAL", 1, 1)] * 2


async def test_a_busy_store_has_no_difference(world: World, seed: int) -> None:
    """Events, late ones and copies arrive, are rolled up, archived and counted again while numbers are compared."""
    random, until, counted = Random(seed), monotonic() + BUSY, Counter[str]()

    async def repeat(work: Callable[[], Awaitable[object]], pause: float) -> None:
        while monotonic() < until:
            await work()
            await asyncio.sleep(pause)

    async def produce() -> None:
        for stream, messages in world.producer.send(random, 15).items():
            world.sent[stream].extend(messages)
            await world.platform.publish(stream, messages)

    async def compare() -> None:
        counts, _ = await crosscheck(world.stores, pause=2, seconds=2)
        counted.update(counts)

    async def keep() -> None:
        await runs.run(world.stores, random.choice(["cubes", "cubes", "copies", "copies", "rollup", "archive"]))

    async def rebuild() -> None:
        await world.rebuild(random.choice(METRICS))

    async with world.platform.running_workers(*METRICS * 2, *FACTS):
        await asyncio.gather(repeat(produce, 0.5), repeat(compare, 0.2), repeat(keep, 0.1), repeat(rebuild, 3))
        await world.platform.wait_until_drained(*METRICS, *FACTS)
    await settle(world)
    await closed(world.stores)
    assert await differences(world.stores) == []
    assert counted["equal"] > 0
    counts, _ = await crosscheck(world.stores, questions=100)
    assert counts["equal"] == counts["questions"]


async def test_runs_at_the_same_time_count_a_reading_once(world: World) -> None:
    """In spite of the lease: readings count with a pause between them only, and a difference is logged once."""
    stores, definition = world.stores, DEFINITIONS["crosscheck"]
    day = await plant(stores, HOURS)
    params = Params(law="cubes_are_facts", day=day, pause=1, seconds=20, questions=30, seed=7)
    for _ in range(3):  # within the pause
        await runs.execute(Run(stores, msgspec.structs.replace(params, pause=300)), definition)
    assert {each["readings"] for each in await suspicions(stores)} == {1}
    assert await differences(stores) == []
    await asyncio.sleep(1.1)
    for _ in range(2):
        await asyncio.gather(*(runs.execute(Run(stores, params), definition) for _ in range(3)))
        await asyncio.sleep(1.1)
    found_suspicions = await suspicions(stores)
    assert found_suspicions
    assert {each["readings"] for each in found_suspicions} == {3}
    logged = await differences(stores)
    assert sorted(each["difference_id"] for each in logged) == sorted(
        each["difference_id"] for each in found_suspicions
    )


async def test_a_killed_run_leaves_nothing_wrong(world: World, seed: int) -> None:
    random, stores = Random(seed), world.stores
    day = await plant(stores, HOURS)
    for _ in range(8):
        await killed_after(random.uniform(0.1, 1.2), stores.engines, ["crosscheck"], 0)
    assert {each["readings"] for each in await suspicions(stores)} <= {1}
    assert await differences(stores) == []
    difference = await found(stores, "cubes_are_facts", day)
    await plant(stores, HOURS, by=-1)
    await closed(stores)
    assert difference["law"] == "cubes_are_facts"
    assert await differences(stores, "closed_at is null") == []
    assert await stores.postgres.fetchval("select count(*) from anlyt.pipeline_runs where status = 'RUNNING'") == 0


async def test_a_run_without_an_engine_fails_and_notes_nothing(world: World) -> None:
    reachable = world.stores.engines
    for engines in (
        replace(reachable, nats=NOBODY_NATS),
        replace(reachable, clickhouse=NOBODY_CLICKHOUSE),
        replace(reachable, postgres=NOWHERE),
    ):
        async with open_stores(engines) as stores:
            with pytest.raises((runs.PipelineFailedError, DependencyUnavailableError)):
                await runs.run(stores, "crosscheck")
    assert await suspicions(world.stores) == []
    assert await world.stores.postgres.fetchval("select count(*) from anlyt.crosscheck_days") == 0
    counts, _ = await crosscheck(world.stores, questions=30)
    assert counts["equal"] == counts["questions"] > 0


async def test_unsettled_cells_are_not_compared(world: World) -> None:
    """A mark, a consumer that is behind, and a day that is not added up: after each, the planted difference is seen."""
    stores = world.stores
    day = await plant(stores, HOURS)

    async def suspected(law: str) -> bool:
        await crosscheck(stores, law=law, day=day, questions=40)
        return law in {each["law"] for each in await suspicions(stores)}

    async with connect(stores.engines.clickhouse) as client:
        await client.command(MARK)
        assert not await suspected("cubes_are_facts")
        await client.command("truncate table anlyt.dirty")
    await world.platform.publish(SMS_DLR, [Message(b"{}")])
    await asyncio.sleep(PAUSE)
    assert not await suspected("cubes_are_facts")
    await world.platform.drain(delivery_metrics, dlr_facts)
    assert await suspected("cubes_are_facts")
    day = await plant(stores, Plant("metrics_daily", "segments"))
    await stores.postgres.execute("update anlyt.event_days set version = version + 1")
    assert not await suspected("days_are_their_hours")
    await stores.postgres.execute("update anlyt.event_days set rolled_version = version")
    assert await suspected("days_are_their_hours")


async def test_a_spent_budget_ends_a_run_and_an_unknown_law_is_refused(
    database: str, warehouse: str, server: Engine
) -> None:
    async with stores_of(database, warehouse, server.url) as stores:
        counts = await runs.run(stores, "crosscheck", {"seconds": "0.001"})
        assert counts["questions"] == 0
        with pytest.raises(runs.PipelineFailedError, match="There is no law other; choose from days_are_their_hours, "):
            await runs.run(stores, "crosscheck", {"law": "other"})
