"""Migrations that add a cube to a ClickHouse database with facts: no reader misses rows, and nothing is lost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from functions.cdr_facts import cdr_facts
from functions.dlr_facts import dlr_facts
from infra.clickhouse import connect
from infra.cluster import statements
from infra.migrate import SCHEMA
from ingest.sink import Events
from pipelines import runs
from pipelines.stores import Stores
from schema.instants import DAY
from schema.writes import Facts
from tests.support import events, fact_events
from tests.support.cube_reference import cube_differences
from tests.support.fact_reference import expect
from tests.support.facts import fact_store
from tests.support.validity import Message
from tests.support.warehouse import comparable, rows
from tests.support.writes import decoded

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
DAYS_OF_REPORTS = SCHEMA / "clickhouse/0005_cube_dlr_daily.sql"
HOURS_OF_RECORDS = SCHEMA / "clickhouse/0006_cube_cdr_hourly.sql"


async def test_a_database_that_has_hours_already_has_days_once_migrated(stores: Stores, warehouse: str) -> None:
    """This holds if the migration was interrupted. A run marks cells that an older version computed meanwhile."""
    random = Random(13)
    sent = [events.message(random, fact_events.report(random, NOW)) for _ in range(40)]
    async with fact_store(warehouse) as store:
        await store.commit(dlr_facts, decoded(dlr_facts, sent, NOW))
    await runs.run(stores, "cubes")
    wanted = expect(sent, arrived=NOW)
    async with connect(warehouse) as client:
        await client.command("truncate table cube_dlr_daily")
        await client.command("delete from data_as_of where cube = 'cube_dlr_daily'")
        for _ in range(2):
            for statement in statements(DAYS_OF_REPORTS.read_text(), None):
                await client.command(statement)
    assert await cube_differences(warehouse, wanted) == []
    days = {("cube_dlr_daily", tenant, at.replace(hour=0)) for cube, tenant, at in wanted.marks}
    marked = await rows(warehouse, "select distinct cube, tenant_id, hour from dirty where startsWith(cube, 'cube_')")
    assert set(map(comparable, marked)) == days
    newest = max(at for (_, at, *_) in wanted.facts["facts_dlr"])
    reached = await rows(warehouse, "select max(newest_event_at) from data_as_of where cube = 'cube_dlr_daily'")
    assert list(map(comparable, reached)) == [(newest,)]
    assert await runs.run(stores, "cubes") == {"cells": len(days)}
    assert await cube_differences(warehouse, wanted) == []


def _marking_days(batch: Events) -> Facts:
    facts = cdr_facts(batch)
    return replace(facts, cube="cube_cdr_daily", touched={(tenant, at - at % DAY) for tenant, at in facts.touched})


OLD_FACTS = replace(cdr_facts, run=_marking_days)
"""The function of workers before there was an hourly cube of records."""
# The statements of the pipeline at that time.
OLD_RUN = (
    "insert into cube_cdr_daily select tenant_id, toStartOfDay(event_time), mno, lane, direction, status, currency, "
    "count(), sum(segment_count), sum(charge_amount), 2 * toUnixTimestamp64Micro(now64(6) - interval {days} day), 0 "
    "from facts_cdr final "
    "where (tenant_id, toStartOfDay(event_time)) in (select tenant_id, hour from dirty where cube = 'cube_cdr_daily') "
    "group by all",
    "insert into data_as_of select 'cube_cdr_daily', max(event_time) from facts_cdr",
    "delete from dirty where cube = 'cube_cdr_daily'",
)


def records(random: Random, count: int, days: int) -> list[Message]:
    """Records of one day, `days` days ago."""
    times = [(NOW - timedelta(days=days)).replace(hour=random.randrange(24)) for _ in range(count)]
    return [events.message(random, fact_events.record(random, NOW) | {"occurredAt": f"{at:%FT%TZ}"}) for at in times]


async def test_a_database_that_has_days_of_records_has_their_hours_once_migrated(
    stores: Stores, warehouse: str
) -> None:
    """The migration was interrupted before. Workers and one run of the older version continue meanwhile."""
    random = Random(15)
    long_ago, before, meanwhile, after = (records(random, 20, days) for days in (10, 2, 2, 2))
    *fill, mark_again = statements(HOURS_OF_RECORDS.read_text(), None)

    async with fact_store(warehouse) as store, connect(warehouse) as client:

        async def written(sent: Sequence[Message], computed: int | None) -> None:
            """Commits with an old worker. `computed`: an old run computed it this many days ago."""
            await store.commit(OLD_FACTS, decoded(OLD_FACTS, sent, NOW))
            for statement in OLD_RUN if computed is not None else ():
                await client.command(statement.format(days=computed))

        await written(long_ago, 10)
        await written(before, None)
        was = await rows(warehouse, "select * from cube_cdr_daily final order by all")
        for statement in (*fill[:-1], *fill):
            await client.command(statement)
        differing = await cube_differences(warehouse, expect((), [*long_ago, *before], arrived=NOW))
        assert {line.split()[0] for line in differing[:-1]} == {"cube_cdr_daily"}  # days that have to be computed
        assert await rows(warehouse, "select * from cube_cdr_daily final order by all") == was
        await written(meanwhile, 0)
        await client.command(mark_again)
        await written(after, 0)
        marked = await rows(
            warehouse,
            "select cube, toStartOfDay(hour), uniqExact(hour) from dirty where startsWith(cube, 'cube_') group by all",
        )
        recent = (NOW - timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
        assert [mark for mark in marked if mark[2] == 24] == [("cube_cdr_hourly", recent, 24)]
        assert [mark[0] for mark in marked if mark[2] < 24] == [
            "cube_cdr_hourly"
        ]  # of no tenant: it stops older pipelines
        await runs.run(stores, "cubes")
        sent = [*long_ago, *before, *meanwhile, *after]
        assert await cube_differences(warehouse, expect((), sent, arrived=NOW)) == []
        assert await rows(warehouse, "select count() from dirty where startsWith(cube, 'cube_')") == [(0,)]
        late = records(random, 20, 10)
        await store.commit(cdr_facts, decoded(cdr_facts, late, NOW))
    await runs.run(stores, "cubes")
    assert await cube_differences(warehouse, expect((), [*sent, *late], arrived=NOW)) == []
