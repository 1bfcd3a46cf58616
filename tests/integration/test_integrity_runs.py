"""The hash chain stays exact with late facts, waiting events, repaired days and killed runs."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from functions.compliance_facts import compliance_facts
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from pipelines import runs
from pipelines.integrity import datasets
from pipelines.lease import PipelineBusyError
from pipelines.stores import Stores
from schema.streams import COMPLIANCE_AUDIT, COMPLIANCE_DURABLE
from tests.support import fact_events
from tests.support.integrity_chain import (
    DAY,
    DAYS,
    add_consumer,
    close_days,
    day_facts,
    differences,
    midnight,
    open_chain,
    write,
)
from tests.support.pipeline_process import killed_after
from tests.support.pipelines import runs_of, stores_of
from tests.support.platform import open_platform, with_batch
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

FIRST = midnight(DAYS + 2)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days close immediately, because all clocks agree here."""
    monkeypatch.setattr(datasets, "SETTLING", timedelta(0))


async def test_late_facts_of_a_tampered_day_wait_until_it_is_repaired(
    database: str, warehouse: str, server: Engine, settled: None
) -> None:
    facts = day_facts(Random(3012), FIRST, 30)
    late = day_facts(Random(3013), FIRST, 10, datetime.now(UTC))
    async with open_chain(database, warehouse, server.url) as stores:
        await write(warehouse, facts)
        await close_days(stores)
        late = [{**fact, "stored": datetime.now(UTC)} for fact in late]
        await write(warehouse, late)
        async with connect(warehouse) as client:
            await client.command(
                "alter table facts_compliance delete where event_key = {key:UInt64}",
                parameters={"key": facts[0]["key"]},
                settings={"mutations_sync": 2},
            )
        with pytest.raises(runs.PipelineAlarmError, match="dropped facts of tenant"):
            await close_days(stores)
        await write(warehouse, facts[:1])
        counts = await runs.run(stores, "integrity", {"day": str(FIRST.date())})
        assert (counts["days_amended"], counts["differences"]) == (1, 0)
        assert await differences(stores) == []


async def test_copies_of_another_tenant_are_removed_before_a_day_is_closed_but_not_from_links(
    database: str, warehouse: str, server: Engine, settled: None
) -> None:
    """The first day's copies are marked, as ingest does. The second day's are older than marks."""
    marked, unmarked = [day_facts(Random(3020 + n), FIRST + n * DAY, 5)[0] for n in range(2)]
    copies = [
        {**fact, "tenantId": "t-z", "stored": fact["stored"] + timedelta(seconds=1)} for fact in (marked, unmarked)
    ]
    async with open_chain(database, warehouse, server.url) as stores:
        await write(warehouse, [marked, unmarked, *copies])
        async with connect(warehouse) as client:
            minute = marked["at"].replace(second=0, microsecond=0)
            columns = ["cube", "tenant_id", "hour"]
            await client.insert("dirty", [["facts_compliance", "", minute]], column_names=columns)
        assert (await close_days(stores))["facts"] == 3
        assert await differences(stores) == []
        day = {"day": str(unmarked["at"].date())}
        counts = await runs.run(stores, "copies", day)
        assert (counts["facts_removed"], counts["copies_of_closed_days"]) == (0, 1)
        assert await differences(stores) == []
        late = [copies[0] | {"stored": datetime.now(UTC)}]
        await write(warehouse, late)
        counts = await runs.run(stores, "copies", {"day": str(marked["at"].date())})
        assert (counts["facts_removed"], counts["copies_of_closed_days"]) == (1, 0)
        assert (await close_days(stores))["days_amended"] == 0
        assert await differences(stores) == []


async def test_facts_that_wait_in_the_stream_are_late_and_no_tampering(
    database: str, warehouse: str, server: Engine, settled: None
) -> None:
    random, reading = Random(3014), with_batch(compliance_facts, 100)
    async with (
        open_platform(server.url, clickhouse=warehouse) as bus,
        stores_of(database, warehouse, server.url) as stores,
    ):
        assert not any((await close_days(stores)).values())  # the stream has always been empty
        await bus.publish(COMPLIANCE_AUDIT, evaluations(random, 3))
        with pytest.raises(runs.PipelineFailedError, match="has no consumer anlyt-ingest-compliance"):
            await close_days(stores)
        await bus.drain(reading)
        assert (await close_days(stores))["facts"] == 3
        await bus.publish(COMPLIANCE_AUDIT, evaluations(random, 2))  # no consumer has read them
        assert (await close_days(stores))["days_amended"] == 0
        await bus.drain(reading)
        assert await differences(stores) == []
        assert (await close_days(stores)).items() >= {"days_amended": 1, "facts": 5}.items()
        await bus.jetstream.delete_consumer(COMPLIANCE_AUDIT.name, COMPLIANCE_DURABLE)
        await add_consumer(bus.jetstream)  # as after a backfill: it reads from the beginning
        assert not any((await runs.run(stores, "integrity", {"day": str(FIRST.date())})).values())
        assert await differences(stores) == []


def evaluations(random: Random, count: int) -> list[Message]:
    """Evaluations of one tenant on the first day."""
    made = [fact_events.evaluation(random, FIRST) for _ in range(count)]
    dated = [{**event, "tenantId": "t-1", "at": (FIRST + DAY / 2).isoformat()} for event in made]
    return [Message(json.dumps(event).encode()) for event in dated]


async def test_killed_and_repeated_runs_equal_undisturbed_ones(
    database: str, warehouse: str, server: Engine, seed: int
) -> None:
    random = Random(seed)
    days = 30
    facts = [fact for day in range(days) for fact in day_facts(random, midnight(days + 2) + day * DAY, 5)]
    async with open_chain(database, warehouse, server.url) as stores:
        await write(warehouse, facts)
        for number in range(3):
            await killed_after(random.uniform(0.1, 0.9), stores.engines, ["integrity"], 0)
            await write(warehouse, day_facts(random, midnight(days + 1 - number), 3, datetime.now(UTC)))
        await close_days_when_free(stores)
        assert await differences(stores) == []
        dates = await stores.postgres.fetch(
            "select day from anlyt.integrity_links where amends is null order by number"
        )
        assert len(dates) >= days + 1
        assert [row["day"] for row in dates] == sorted({row["day"] for row in dates})
        assert {row["status"] for row in await runs_of(stores, "integrity")} <= {"SUCCEEDED", "ABANDONED"}


async def close_days_when_free(stores: Stores) -> None:
    """Closes days when PostgreSQL has released the lease of the killed run."""
    while True:
        try:
            await close_days(stores)
        except PipelineBusyError:
            await asyncio.sleep(0.02)
        else:
            return
