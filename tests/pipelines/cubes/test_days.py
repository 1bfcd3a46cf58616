"""Days are computed from their hours, also from hours of concurrent runs, at the cost of one hour's facts."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from functions.cdr_facts import cdr_facts
from functions.dlr_facts import dlr_facts
from functions.function import AnyFunction
from infra.clickhouse import connect
from pipelines import runs
from pipelines.cubes.datasets import CubeCells
from pipelines.cubes.params import Params
from pipelines.kedro_thread import Run
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.stores import Stores
from tests.support import events
from tests.support.cube_reference import cube_differences
from tests.support.fact_reference import Expected, expect
from tests.support.facts import MAKERS, fact_store
from tests.support.validity import Message
from tests.support.warehouse import rows
from tests.support.writes import decoded

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
NOON = (NOW - timedelta(days=1)).replace(hour=12)


@dataclass(frozen=True)
class Kind:
    """One kind of facts that has an hourly and a daily cube."""

    function: AnyFunction
    days: str
    time: str

    def made(self, random: Random, at: datetime) -> Message:
        """A message of one tenant at this time."""
        fields = MAKERS[self.function](random, NOW)
        return events.message(random, fields | {"tenantId": "t", self.time: f"{at:%FT%TZ}"})

    def expected(self, sent: list[Message]) -> Expected:
        is_record = self.function is cdr_facts
        return expect(() if is_record else sent, sent if is_record else (), arrived=NOW)


KINDS = (Kind(dlr_facts, "cube_dlr_daily", "receivedAt"), Kind(cdr_facts, "cube_cdr_daily", "occurredAt"))
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.days)


@kinds
async def test_days_of_runs_that_computed_other_hours_at_once(
    stores: Stores, warehouse: str, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """One run paused before it wrote the day; meanwhile another computed one more hour and the day."""
    random = Random(6)
    first, second = kind.made(random, NOON), kind.made(random, NOON + timedelta(hours=3))
    holding, go_on = asyncio.Event(), asyncio.Event()
    compute = CubeCells._compute

    async def slow(cells: CubeCells, client: Any, cube: Any, parameters: Any) -> None:
        if cube == kind.days and not holding.is_set():
            holding.set()
            await go_on.wait()
        await compute(cells, client, cube, parameters)

    monkeypatch.setattr(CubeCells, "_compute", slow)
    async with fact_store(warehouse) as store:
        await store.commit(kind.function, decoded(kind.function, [first], NOW))
        late = asyncio.create_task(runs.execute(Run(stores, Params()), DEFINITIONS["cubes"]))
        await holding.wait()
        await store.commit(kind.function, decoded(kind.function, [second], NOW))
        await runs.run(stores, "cubes")
        go_on.set()
        await late
    assert await cube_differences(warehouse, kind.expected([first, second])) == []


@kinds
@pytest.mark.parametrize("verb", ["before", "after"])
async def test_a_run_that_ends_between_hours_and_days_leaves_its_marks(
    stores: Stores, warehouse: str, monkeypatch: pytest.MonkeyPatch, kind: Kind, verb: str
) -> None:
    random = Random(12)
    sent = [kind.made(random, NOW - timedelta(hours=random.randrange(60))) for _ in range(40)]
    compute = CubeCells._compute

    async def ending(cells: CubeCells, client: Any, cube: Any, parameters: Any) -> None:
        if cube == kind.days and verb == "before":
            raise ConnectionError
        await compute(cells, client, cube, parameters)
        if cube == kind.days:
            raise ConnectionError

    monkeypatch.setattr(CubeCells, "_compute", ending)
    async with fact_store(warehouse) as store:
        await store.commit(kind.function, decoded(kind.function, sent, NOW))
    marks = await rows(warehouse, "select count() from dirty where startsWith(cube, 'cube_')")
    with pytest.raises(runs.PipelineFailedError):
        await runs.run(stores, "cubes")
    monkeypatch.undo()
    assert await rows(warehouse, "select count() from dirty where startsWith(cube, 'cube_')") == marks
    assert await rows(warehouse, f"select cube from data_as_of where cube = '{kind.days}'") == []
    await runs.run(stores, "cubes")
    assert await cube_differences(warehouse, kind.expected(sent)) == []


@kinds
async def test_a_day_that_is_marked_asks_for_all_of_its_hours(stores: Stores, warehouse: str, kind: Kind) -> None:
    """Workers of an older version, which may run beside the new pipeline, mark days of records."""
    random = Random(14)
    sent = [kind.made(random, NOON.replace(hour=random.randrange(24), minute=59)) for _ in range(40)]
    async with fact_store(warehouse) as store:
        await store.commit(kind.function, decoded(kind.function, sent, NOW))
    async with connect(warehouse) as client:
        await client.command("truncate table dirty")
        day = f"{NOON:%F} 00:00:00"
        await client.command(f"insert into dirty (cube, tenant_id, hour) values ('{kind.days}', 't', '{day}')")
    assert await runs.run(stores, "cubes") == {"cells": 1}
    assert await cube_differences(warehouse, kind.expected(sent)) == []
    reached = await rows(warehouse, "select cube, count() from data_as_of final group by data_as_of.cube order by 1")
    assert reached == [(kind.days, 1), (kind.days.replace("daily", "hourly"), 1)]
    assert await runs.run(stores, "cubes") == {"cells": 0}


HOUR = 20_000  # facts
GRANULE = 8_192  # rows; the resolution of an index
MIDNIGHT = "toDateTime64('2026-10-01 00:00:00', 6, 'UTC')"
FILL = f"""
insert into facts_cdr (tenant_id, event_time, event_key, status, currency, segment_count, charge_amount, ver)
select
    't',
    {MIDNIGHT} + toIntervalMillisecond(number * 180),
    sipHash64(number),
    if(number % 9 = 0, 'FAILED', 'DELIVERED'),
    if(number % 4 = 0, 'AFN', 'USD'),
    1,
    0.0125,
    1
from numbers({{first:UInt32}}, {{count:UInt32}})
"""
MARK = f"insert into dirty (cube, tenant_id, hour) select 'cube_cdr_hourly', 't', {MIDNIGHT} + toIntervalHour(number) "
READ = "select value from system.events where event = 'SelectedRows'"
OF_FACTS = "select count(), sum(charge_amount), uniqExact(status, currency) from facts_cdr final"
OF_CUBE = "select sum(records), sum(cost), count() from cube_cdr_daily final"


async def test_an_evening_costs_what_a_morning_does(stores: Stores, warehouse: str) -> None:
    """The cost is the rows that the engine reads: twice an hour of facts, and few of other cells."""
    costs = []
    async with connect(warehouse) as client:
        for first, last in ((0, 2), (3, 22)):
            new = {"first": first * HOUR, "count": (last + 1 - first) * HOUR}
            await client.command(FILL, parameters=new)
            await client.command("optimize table facts_cdr final")
            await client.command(f"{MARK} from numbers({first}, {last - first})")
            await runs.run(stores, "cubes")
            await client.command(f"{MARK} from numbers({last}, 1)")
            [(before,)] = await rows(warehouse, READ)
            await runs.run(stores, "cubes")
            [(after,)] = await rows(warehouse, READ)
            costs.append(after - before)
            assert await rows(warehouse, OF_CUBE) == await rows(warehouse, OF_FACTS)
    morning, evening = costs
    assert 2 * HOUR <= morning <= 2 * (HOUR + 2 * GRANULE)
    assert evening <= morning + 2 * 2 * GRANULE
