"""US-ANLYT-13: every cell of a cube equals brute force, however events are repeated, late, batched or overlapping."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from functions.dlr_facts import dlr_facts
from infra.clickhouse import connect
from pipelines import runs
from pipelines.cubes.datasets import CubeCells
from pipelines.cubes.params import Params
from pipelines.cubes.statements import COMPUTE
from pipelines.kedro_thread import Run
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.stores import Stores
from tests.support import events, fact_events
from tests.support.cube_reference import cube_differences
from tests.support.fact_reference import expect
from tests.support.facts import batches, expected, fact_store, make_sent
from tests.support.warehouse import COMPUTED, rows
from tests.support.writes import decoded

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)


async def test_brute_force(stores: Stores, warehouse: str) -> None:
    """Runs happen between batches, with chunks of random sizes; at the end no mark is left; merges change nothing."""
    random = Random(1)
    sent = make_sent(random, NOW, 500)
    async with fact_store(warehouse) as store:
        for function, part in batches(random, sent, NOW):
            await store.commit(function, part)
            if random.random() < 0.2:
                await runs.run(stores, "cubes", {"chunk": str(random.choice([16, 100, 400]))})
    await runs.run(stores, "cubes")
    assert await cube_differences(warehouse, expected(sent, NOW)) == []
    assert await rows(warehouse, "select count() from dirty where startsWith(cube, 'cube_')") == [(0,)]
    assert await runs.run(stores, "cubes") == {"cells": 0}
    async with connect(warehouse) as client:
        for cube in COMPUTED:
            await client.command(f"optimize table {cube} final")
    assert await cube_differences(warehouse, expected(sent, NOW)) == []


async def test_runs_and_writers_at_once_in_spite_of_the_lease(stores: Stores, warehouse: str) -> None:
    """Three runs without a lease compute while two writers write."""
    random = Random(3)
    sent = make_sent(random, NOW, 400)
    work = list(batches(random, sent, NOW))
    done = asyncio.Event()

    async def write(part: int) -> None:
        async with fact_store(warehouse) as store:
            for function, batch in work[part::2]:
                await store.commit(function, batch)

    async def compute(chunk: int) -> None:
        while not done.is_set():
            await runs.execute(Run(stores, Params(chunk=chunk)), DEFINITIONS["cubes"])

    async with asyncio.TaskGroup() as tasks:
        for chunk in (4, 40, 400):
            tasks.create_task(compute(chunk))
        await asyncio.gather(write(0), write(1))
        done.set()
    await runs.run(stores, "cubes")
    assert await cube_differences(warehouse, expected(sent, NOW)) == []


async def test_a_run_that_was_slow_does_not_bring_old_cells_back(
    stores: Stores, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It drew its version and paused; meanwhile facts arrived, and another run computed the cell."""
    random = Random(4)
    first, second = ([events.message(random, fact_events.report(random, NOW)) for _ in range(50)] for _ in range(2))
    holding, go_on = asyncio.Event(), asyncio.Event()
    compute = CubeCells._compute

    async def slow(*arguments: Any) -> None:
        if not holding.is_set():
            holding.set()
            await go_on.wait()
        await compute(*arguments)

    monkeypatch.setattr(CubeCells, "_compute", slow)
    async with fact_store(warehouse) as store:
        await store.commit(dlr_facts, decoded(dlr_facts, first, NOW))
        late = asyncio.create_task(runs.execute(Run(stores, Params()), DEFINITIONS["cubes"]))
        await holding.wait()
        await store.commit(dlr_facts, decoded(dlr_facts, second, NOW))
        await runs.run(stores, "cubes")
        go_on.set()
        await late
    assert await cube_differences(warehouse, expect(first + second, arrived=NOW)) == []


async def test_cells_that_no_longer_have_facts_are_gone(stores: Stores, warehouse: str) -> None:
    """A fact may be replaced by its earlier copy, which arrived later; facts may be removed."""
    random = Random(5)
    kept = events.message(random, fields := fact_events.report(random, NOW) | {"deliveryStatus": "DELIVERED"})
    replaced = events.message(random, fields | {"deliveryStatus": "EXPIRED", "mno": "SALAAM"})
    other = events.message(random, fact_events.report(random, NOW) | {"tenantId": "t-8"})
    async with fact_store(warehouse) as store:
        await store.commit(dlr_facts, decoded(dlr_facts, [replaced, other], NOW))
        await runs.run(stores, "cubes")
        await store.commit(dlr_facts, decoded(dlr_facts, [kept], NOW - timedelta(seconds=1)))
        await runs.run(stores, "cubes")
    assert await cube_differences(warehouse, expect([kept, other], arrived=NOW)) == []
    async with connect(warehouse) as client:
        await client.command(
            "insert into dirty (cube, tenant_id, hour) select cube, 't-8', hour from ("
            "select 'cube_dlr_hourly' as cube, toStartOfHour(event_time) as hour from facts_dlr "
            "where tenant_id = 't-8')"
        )
        await client.command("delete from facts_dlr where tenant_id = 't-8'")
    await runs.run(stores, "cubes")
    assert await cube_differences(warehouse, expect([kept], arrived=NOW)) == []


@pytest.mark.parametrize("computed", ["cube_dlr_hourly", "cube_dlr_daily"])
async def test_a_mark_that_comes_while_its_cell_is_computed_stays(
    stores: Stores, warehouse: str, monkeypatch: pytest.MonkeyPatch, computed: str
) -> None:
    random = Random(7)
    report = fact_events.report(random, NOW)
    first, second = (events.message(random, report | {"eventId": f"e-{n}"}) for n in range(2))
    compute = CubeCells._compute
    async with fact_store(warehouse) as store:

        async def overtaken(cells: CubeCells, client: Any, cube: Any, parameters: Any) -> None:
            await compute(cells, client, cube, parameters)
            if cube == computed:
                await store.commit(dlr_facts, decoded(dlr_facts, [second], NOW))

        monkeypatch.setattr(CubeCells, "_compute", overtaken)
        await store.commit(dlr_facts, decoded(dlr_facts, [first], NOW))
        await runs.run(stores, "cubes")
    monkeypatch.undo()
    assert await rows(warehouse, "select count() from dirty where startsWith(cube, 'cube_')") == [(1,)]
    await runs.run(stores, "cubes")
    assert await cube_differences(warehouse, expect([first, second], arrived=NOW)) == []


async def test_versions_grow_even_if_the_clock_is_set_back(stores: Stores, warehouse: str) -> None:
    random = Random(8)
    first, second = ([events.message(random, fact_events.report(random, NOW)) for _ in range(20)] for _ in range(2))
    async with fact_store(warehouse) as store:
        await stores.postgres.execute("update anlyt.cube_version set version = 1 << 61")
        await store.commit(dlr_facts, decoded(dlr_facts, first, NOW))
        await runs.run(stores, "cubes")
        await store.commit(dlr_facts, decoded(dlr_facts, second, NOW))
        await runs.run(stores, "cubes")
    assert await cube_differences(warehouse, expect(first + second, arrived=NOW)) == []


async def test_the_newest_cells_come_first_and_the_limit_leaves_the_rest(stores: Stores, warehouse: str) -> None:
    random = Random(9)
    reports = [
        events.message(random, fact_events.report(random, NOW) | {"tenantId": "t", "receivedAt": f"{at:%FT%TZ}"})
        for at in (NOW - timedelta(days=400), NOW - timedelta(days=2), NOW)
    ]
    async with fact_store(warehouse) as store:
        await store.commit(dlr_facts, decoded(dlr_facts, reports, NOW))
    assert await runs.run(stores, "cubes", {"limit": "2"}) == {"cells": 2}
    assert await cube_differences(warehouse, expect(reports[1:], arrived=NOW)) == []
    assert await runs.run(stores, "cubes") == {"cells": 1}
    assert await cube_differences(warehouse, expect(reports, arrived=NOW)) == []


async def test_a_row_that_only_an_overtaken_run_wrote_does_not_stay(
    stores: Stores, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its fact was removed after the slow run read it, and it wrote after the other run had searched for rows."""
    random = Random(10)
    report = events.message(random, fact_events.report(random, NOW) | {"mno": "AWCC"})
    stray = (
        "insert into cube_dlr_hourly select * replace ('MTN_AF' as mno, %(version)s - 4 as ver) from cube_dlr_hourly"
    )
    compute, *rest = COMPUTE["cube_dlr_hourly"]
    monkeypatch.setitem(COMPUTE, "cube_dlr_hourly", [compute, stray, *rest])
    async with fact_store(warehouse) as store:
        await store.commit(dlr_facts, decoded(dlr_facts, [report], NOW))
    await runs.run(stores, "cubes")
    monkeypatch.undo()
    assert await rows(warehouse, "select count(), countIf(mno = 'MTN_AF') from cube_dlr_hourly final") == [(2, 1)]
    assert await runs.run(stores, "cubes") == {"cells": 1}
    assert await cube_differences(warehouse, expect([report], arrived=NOW)) == []
    assert await runs.run(stores, "cubes") == {"cells": 0}
