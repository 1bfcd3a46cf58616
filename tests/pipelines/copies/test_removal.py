"""Copies under several tenants are found, removed, counted and logged on real engines, whatever is interrupted."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from prometheus_client import REGISTRY

from functions.cdr_facts import cdr_facts
from functions.compliance_facts import compliance_facts
from functions.dlr_facts import dlr_facts
from functions.function import AnyFunction
from infra.clickhouse import connect
from pipelines import runs
from pipelines.copies import removal
from pipelines.copies.params import Params
from pipelines.kedro_thread import Run
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.stores import Stores
from tests.support import events, fact_events
from tests.support.cube_reference import cube_differences
from tests.support.fact_reference import Expected, expect
from tests.support.facts import MAKERS, fact_store
from tests.support.validity import Message
from tests.support.warehouse import fact_differences, rows
from tests.support.writes import Events, decoded_at

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
TENANTS = ("t-0", "t-1", "t-2", None)


def sent(random: Random, function: AnyFunction, count: int) -> list[Message]:
    """Messages in the order of the stream; half of the events have two or four copies, under random tenants."""
    made: list[Message] = []
    for _ in range(count):
        fields = MAKERS[function](random, NOW)
        copies = random.choice([1, 1, 2, 4])
        made += [of_tenant(random, function, fields, random.choice(TENANTS)) for _ in range(copies)]
    return random.sample(made, len(made))


def of_tenant(random: Random, function: AnyFunction, fields: events.Fields, tenant: str | None) -> Message:
    """A message of a tenant. A delivery report may name it in the header, or not at all."""
    named = {name: value for name, value in fields.items() if name != "tenantId"}
    if function is dlr_facts and random.random() < 0.7:
        return Message(json.dumps(named).encode(), {"X-Tenant-Id": tenant} if tenant else None)
    return Message(json.dumps({**named, "tenantId": tenant or "unknown"}).encode())


def in_order(function: AnyFunction, messages: Sequence[Message]) -> Events:
    return [decoded_at(function, message, NOW, number) for number, message in enumerate(messages)]


def firsts(messages: Iterable[Message]) -> list[Message]:
    """The first copy of each event. The reference itself takes copies of several tenants for different facts."""
    names = ("receivedAt", "occurredAt", "at")
    first: dict[Any, Message] = {}
    for message in messages:
        fields = json.loads(message.data)
        first.setdefault((fields["eventId"], *(fields.get(name) for name in names)), message)
    return list(first.values())


def of_firsts(work: dict[AnyFunction, list[Message]]) -> Expected:
    return expect(*(firsts(work.get(function, ())) for function in MAKERS), arrived=NOW)


async def differences(dsn: str, expected: Expected) -> list[str]:
    """The differences of facts and cubes; a remaining mark is one, too."""
    unmarked = replace(expected, marks=frozenset(), searched=frozenset())
    return [*await fact_differences(dsn, unmarked), *await cube_differences(dsn, unmarked)]


@pytest.mark.parametrize("number", range(2))
async def test_brute_force(stores: Stores, warehouse: str, seed: int, number: int) -> None:
    """Commits random batches in random order, each event twice, with runs of both pipelines between them."""
    random = Random(seed + number)
    work = {function: sent(random, function, 20) for function in MAKERS}
    batches = [
        (function, part[first : first + size])
        for function, messages in work.items()
        for whole in [in_order(function, messages)]
        for part in (whole, random.sample(whole, len(whole)))
        for size in [random.choice([5, 20, 200])]
        for first in range(0, len(part), size)
    ]
    async with fact_store(warehouse) as store:
        for function, batch in random.sample(batches, len(batches)):
            await store.commit(function, batch)
            if random.random() < 0.1:
                await runs.run(stores, random.choice(["copies", "cubes"]), {"limit": str(random.choice([1, 5, 1000]))})
    await runs.run(stores, "copies")
    await runs.run(stores, "cubes")
    assert await differences(warehouse, of_firsts(work)) == []
    counts = await runs.run(stores, "copies")
    assert counts == {
        "windows": 0,
        "facts_removed": 0,
        "copies_of_closed_days": 0,
        "peaks": 0,
    }


@pytest.mark.parametrize("function", MAKERS, ids=lambda function: function.name)
@pytest.mark.parametrize("first_comes_last", [False, True])
async def test_the_first_stays_and_the_others_are_counted_and_logged(
    stores: Stores, warehouse: str, function: AnyFunction, first_comes_last: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = MAKERS[function](Random(1), NOW)
    messages = [Message(json.dumps(fields | {"tenantId": tenant}).encode()) for tenant in ("b", "unknown", "a")]
    batch = in_order(function, messages)
    labels = {"projection": f"facts_{function.name.removesuffix('_facts')}"}
    before = REGISTRY.get_sample_value("anlyt_copies_discarded_total", labels) or 0
    async with fact_store(warehouse) as store:
        for each in batch[::-1] if first_comes_last else batch:
            await store.commit(function, [each])
    await runs.run(stores, "cubes")
    counts = await runs.run(stores, "copies")
    assert counts == {
        "windows": 1,
        "facts_removed": 2,
        "copies_of_closed_days": 0,
        "peaks": 0,
    }
    await runs.run(stores, "cubes")
    assert await differences(warehouse, of_firsts({function: messages})) == []
    table = labels["projection"]
    assert await rows(warehouse, f"select tenant_id from {table}") == [("b",)]
    assert (REGISTRY.get_sample_value("anlyt_copies_discarded_total", labels) or 0) - before == 2
    assert "events of several tenants" in capsys.readouterr().out


async def test_a_copy_that_is_delivered_again_goes_again(stores: Stores, warehouse: str) -> None:
    fields = fact_events.record(Random(2), NOW)
    messages = [Message(json.dumps(fields | {"tenantId": tenant}).encode()) for tenant in ("a", "b")]
    batch = in_order(cdr_facts, messages)
    async with fact_store(warehouse) as store:
        for _ in range(2):
            await store.commit(cdr_facts, batch)
            assert (await runs.run(stores, "copies"))["facts_removed"] == 1
            await runs.run(stores, "cubes")
            assert await differences(warehouse, of_firsts({cdr_facts: messages})) == []


async def test_the_next_run_completes_one_that_was_killed_anywhere(
    stores: Stores, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills it before and after every statement that changes something; cubes are computed meanwhile."""

    class KilledError(Exception):
        pass

    fields = fact_events.report(Random(3), NOW)
    messages = [Message(json.dumps(fields | {"tenantId": tenant}).encode()) for tenant in ("a", "b")]
    batch = in_order(dlr_facts, messages)
    steps = ["_mark", "_command"]
    originals = {name: getattr(removal, name) for name in steps}
    for killed_at in range(6):
        left = killed_at
        for name in steps:

            async def step(*arguments: Any, original: Any = originals[name], **lists: Any) -> None:
                nonlocal left
                for part in (None, original):
                    if part is not None:
                        await part(*arguments, **lists)
                    if left == 0:
                        raise KilledError
                    left -= 1

            monkeypatch.setattr(removal, name, step)
        async with fact_store(warehouse) as store:
            await store.commit(dlr_facts, batch)
        with pytest.raises(runs.PipelineFailedError):
            await runs.run(stores, "copies")
        await runs.run(stores, "cubes")
        monkeypatch.undo()
        await runs.run(stores, "copies")
        await runs.run(stores, "cubes")
        assert await differences(warehouse, of_firsts({dlr_facts: messages})) == [], killed_at


async def test_writers_and_two_runs_at_once_in_spite_of_the_lease(stores: Stores, warehouse: str) -> None:
    random = Random(4)
    work = {dlr_facts: sent(random, dlr_facts, 60)}
    whole = in_order(dlr_facts, work[dlr_facts])
    done = asyncio.Event()

    async def write() -> None:
        async with fact_store(warehouse) as store:
            for first in range(0, len(whole), 10):
                await store.commit(dlr_facts, whole[first : first + 10])
        done.set()

    async def look(name: str, params: Any) -> None:
        while not done.is_set():
            await runs.execute(Run(stores, params), DEFINITIONS[name])

    cubes = DEFINITIONS["cubes"].params()
    await asyncio.gather(write(), look("copies", Params()), look("copies", Params(limit=3)), look("cubes", cubes))
    await runs.run(stores, "copies")
    await runs.run(stores, "cubes")
    assert await differences(warehouse, of_firsts(work)) == []


async def test_a_whole_day_is_searched_whenever_its_facts_came(stores: Stores, warehouse: str) -> None:
    """Facts from before the introduction of marks have none."""
    fields = fact_events.evaluation(Random(5), NOW) | {"at": f"{NOW - timedelta(days=400):%FT%TZ}"}
    messages = [Message(json.dumps(fields | {"tenantId": tenant}).encode()) for tenant in ("a", "b")]
    async with fact_store(warehouse) as store:
        await store.commit(compliance_facts, in_order(compliance_facts, messages))
    async with connect(warehouse) as client:
        await client.command("truncate table dirty")
    assert (await runs.run(stores, "copies"))["facts_removed"] == 0
    day = {"day": f"{NOW - timedelta(days=400):%F}"}
    assert (await runs.run(stores, "copies", day))["facts_removed"] == 1
    await runs.run(stores, "cubes")
    assert await rows(warehouse, "select tenant_id from facts_compliance") == [("a",)]
    assert await rows(warehouse, "select tenant_id from cube_compliance_hourly final") == []
