"""Differing copies on real engines: the copy that the stream stored first counts, even if workers are killed."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import pytest

from functions import METRICS
from functions.dlr_facts import dlr_facts
from functions.function import AnyFunction
from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from infra.endpoints import Engines
from ingest.decode import BatchDecoder
from ingest.ledger import by_ledger_key
from ingest.partitions import Partitions
from ingest.rebuild.history import History
from pipelines import runs
from pipelines.copies.peaks import MOST_CELLS, MOST_HOURS
from pipelines.stores import open_stores
from schema.streams import BILLING_EVENTS, SMS_DLR, Stream
from tests.graph.support.api import ADMIN, Api, open_api
from tests.support import events
from tests.support.chaos import accidents, flood, make_short_ack_consumers
from tests.support.database import fresh_database
from tests.support.platform import BILLING, DELIVERY, Platform, open_platform, with_batch
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message
from tests.support.worker import worker_pool

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)


@pytest.fixture
async def scene(tmp_path: Path, template: Engine) -> AsyncIterator[Platform]:
    """A platform with its own NATS and database."""
    async with (
        nats_server(tmp_path / "nats") as server,
        fresh_database(template) as dsn,
        open_platform(server.url, dsn) as platform,
    ):
        yield platform


def _sent(random: Random, make: events.Make, count: int) -> list[Message]:
    """Messages in which half of the events have one to three differing copies, near or far away."""
    made = [make(random, NOW) for _ in range(count)]
    sent: list[events.Fields] = []
    for fields in made:
        sent.append(fields)
        if random.random() < 0.5:
            sent += [events.differing(random, make, fields) for _ in range(random.randrange(1, 4))]
    # Equal rates, because the pipeline `copies` handles differing ones.
    same = [fields | ({"tpsSnapshot": 7} if "tpsSnapshot" in fields else {}) for fields in sent]
    return events.reordered(random, [events.message(random, fields) for fields in same], reach=random.choice([1, 40]))


async def _stored(platform: Platform, stream: Stream) -> list[Message]:
    """The messages in the stream, in stream order."""
    return [message for _, message in sorted((await platform.stored_messages(stream)).items())]


async def _wrong_claims(platform: Platform) -> list[str]:
    """The copies of each event whose claim is not that of its first copy. If there are none, an effect is wrong."""
    rows = await platform.pool.fetch("select event_key, stored_ns from anlyt.processed_events")
    claimed, found = {row["event_key"]: row["stored_ns"] for row in rows}, []
    for function in METRICS:
        history, decoder = History(platform.client, function, purpose="claims"), BatchDecoder(function)
        async with history.opened() as reader:
            batches = [each async for each in history.batches_until(reader, await history.last_sequence())]
        copies = [event for batch in batches for event in decoder.decode_good(batch)]
        found += [
            f"claimed at {claimed.get(key)}: {[each for each in copies if each.event.event_id == first.event.event_id]}"
            for key, first in by_ledger_key(function.name, copies).items()
            if claimed.get(key) != first.stored
        ]
    return found


async def _differences(platform: Platform) -> list[str]:
    expected = expect(await _stored(platform, BILLING_EVENTS), await _stored(platform, SMS_DLR), NOW)
    return list(await differences(platform.dsn, expected))


@pytest.mark.parametrize("number", range(4))
async def test_workers_that_share_a_stream(platform: Platform, seed: int, number: int) -> None:
    """Neighbours in a stream go to different workers, which commit in random order."""
    random = Random(seed + number)
    await platform.publish(BILLING_EVENTS, _sent(random, events.billing, 400))
    await platform.publish(SMS_DLR, _sent(random, events.report, 400))
    sizes = [random.choice([1, 7, 100, 1000]) for _ in range(3)]
    await platform.drain(*[with_batch(function, size) for function in METRICS for size in sizes])
    assert await _differences(platform) == []


@pytest.mark.parametrize("function", METRICS, ids=lambda function: function.name)
async def test_a_copy_that_is_delivered_last_was_stored_first(platform: Platform, function: AnyFunction) -> None:
    """A dead worker's message is redelivered after all others are counted."""
    random = Random(5)
    make, stream = {BILLING: (events.billing, BILLING_EVENTS), DELIVERY: (events.report, SMS_DLR)}[function]
    fields = make(random, NOW)
    sent = [fields, *[events.differing(random, make, fields) for _ in range(2)]]
    same = [each | ({"tpsSnapshot": 7} if "tpsSnapshot" in each else {}) | {"accountId": "a"} for each in sent]
    await make_short_ack_consumers(platform, [function])
    await platform.publish(stream, [events.message(random, each) for each in same])
    unacknowledged = await platform.jetstream.pull_subscribe_bind(function.durable, stream.name)
    await unacknowledged.fetch(1)
    await platform.drain(with_batch(function, 1))
    assert await _differences(platform) == []


async def test_workers_killed(scene: Platform, seed: int) -> None:
    random = Random(seed)
    await make_short_ack_consumers(scene, METRICS)
    billing, delivery = _sent(random, events.billing, 1500), _sent(random, events.report, 1500)
    async with worker_pool(scene.url, scene.dsn, random, 3) as hired:
        await asyncio.gather(
            flood(scene, BILLING_EVENTS, billing, 4),
            flood(scene, SMS_DLR, delivery, 4),
            accidents(random, [hired.kill_one] * 12, 0.2),
        )
        await scene.wait_until_drained(*METRICS)
    found = await _differences(scene)
    assert found == [], "\n".join([*found, *await _wrong_claims(scene)])


QUERY = {"dataset": "dlr", "measures": ["messages", "deliveryRate"], "dimensions": ["tenantId"], "totals": True}


@pytest.mark.parametrize("order", list(permutations(("t-a", None, "t-b"))), ids=str)
async def test_copies_under_several_tenants(
    database: str, server: Engine, warehouse: str, order: Sequence[str | None]
) -> None:
    """An event has copies with three headers. In every store and answer, only the first copy's tenant has it."""
    at = datetime.now(UTC)
    report = events.report(Random(6), NOW) | {"receivedAt": at.isoformat(), "deliveryStatus": "DELIVERED"}
    sent = [Message(json.dumps(report).encode(), {"X-Tenant-Id": name} if name else None) for name in order]
    async with (
        open_platform(server.url, database, warehouse) as platform,
        open_stores(Engines(server.url, database, warehouse)) as stores,
        open_api(platform.pool, clickhouse=platform.clickhouse) as api,
    ):
        await platform.publish(SMS_DLR, sent)
        await platform.drain(with_batch(DELIVERY, 1), with_batch(dlr_facts, 1))
        await runs.run(stores, "cubes")
        assert (await runs.run(stores, "copies"))["facts_removed"] == 2
        await runs.run(stores, "cubes")
        assert await _differences(platform) == []
        for source in ("none", "hour"):
            time = {"from": f"{at - timedelta(hours=2):%FT%H:00:00Z}", "to": f"{at + timedelta(hours=1):%FT%TZ}"}
            query = QUERY | {"time": time | {"granularity": source}}
            counts = {
                name: await _counts(
                    api, query, {"X-Caller": "customer-portal", "X-Account-Id": "a", "X-Tenant-Id": name}
                )
                for name in ("t-a", "t-b")
            }
            assert counts == {name: ([(name, 1)] if name == order[0] else []) for name in counts}
            assert await _counts(api, query, ADMIN) == [(order[0] or "unknown", 1)]
        summary = await api.report("summary", from_=time["from"], to=time["to"])
        assert summary["deliveredMessages"] == 1


async def test_peak_rates_of_copies(database: str, server: Engine, warehouse: str, seed: int) -> None:
    """Peak rates of differing copies are right after the pipeline has the facts of their hours."""
    random = Random(seed)
    first = [events.report(random, NOW) for _ in range(60)]
    made = [*first, *[events.differing(random, events.report, fields) for fields in first * 2]]
    sent = [events.message(random, fields | {"accountId": random.choice(events.ACCOUNTS[:3])}) for fields in made]
    async with (
        open_platform(server.url, database, warehouse) as platform,
        open_stores(Engines(server.url, database, warehouse)) as stores,
    ):
        await make_short_ack_consumers(platform, [DELIVERY])
        await platform.publish(SMS_DLR, sent)
        unacknowledged = await platform.jetstream.pull_subscribe_bind(DELIVERY.durable, SMS_DLR.name)
        await unacknowledged.fetch(len(first))
        await platform.drain(with_batch(DELIVERY, 20), with_batch(DELIVERY, 20))
        contested = await platform.pool.fetchval("select count(*) from anlyt.contested_peaks")
        assert contested > 0
        assert (await runs.run(stores, "copies"))["peaks"] == 0  # without facts, other rates are unknown
        await platform.drain(dlr_facts)
        assert (await runs.run(stores, "copies"))["peaks"] == contested
        assert await _differences(platform) == []
        assert await platform.pool.fetchval("select count(*) from anlyt.contested_peaks") == 0


CONTEST_ALL = """
insert into anlyt.contested_peaks select scope, scope_id, hour_bucket from anlyt.metrics_hourly
"""
WAITING = """
with cells as (
    insert into anlyt.metrics_hourly (scope, scope_id, hour_bucket, delivered_messages, peak_tps)
    select 'ACCOUNT', 'waiting-' || number, $1::timestamptz - hours * interval '1 hour', 1, 9
    from generate_series(1, $2::int4) as number, generate_series(1, $3::int4) as hours
    returning scope, scope_id, hour_bucket
)
insert into anlyt.contested_peaks select * from cells
"""


@pytest.mark.parametrize(("cells", "hours"), [(MOST_CELLS, 1), (1, 2 * MOST_HOURS)])
async def test_peaks_that_wait_for_ever_delay_no_others(
    database: str, server: Engine, warehouse: str, cells: int, hours: int
) -> None:
    """As many cells or hours as a run takes count an event that has no fact, as after a loss of ClickHouse's data."""
    at = NOW.replace(minute=0, second=0, microsecond=0)
    report = events.report(Random(8), NOW) | {"receivedAt": at.isoformat(), "tpsSnapshot": 5}
    async with (
        open_platform(server.url, database, warehouse) as platform,
        open_stores(Engines(server.url, database, warehouse)) as stores,
    ):
        await platform.publish(SMS_DLR, [Message(json.dumps(report).encode())])
        await platform.drain(with_batch(DELIVERY, 1), with_batch(dlr_facts, 1))
        await platform.pool.execute("update anlyt.metrics_hourly set peak_tps = 9")
        await platform.pool.execute(CONTEST_ALL)
        contested = await platform.pool.fetchval("select count(*) from anlyt.contested_peaks")
        await Partitions(platform.pool).ensure([(at - timedelta(hours=hours)).date()])
        await platform.pool.execute(WAITING, at, cells, hours)
        settled, runs_left = 0, 60  # each has a chance of a half at least
        while settled < contested and (runs_left := runs_left - 1):
            settled += (await runs.run(stores, "copies"))["peaks"]
        assert settled == contested
        rows = await platform.pool.fetch("select peak_tps, scope_id from anlyt.metrics_hourly")
        assert {row["peak_tps"] for row in rows if not row["scope_id"].startswith("waiting-")} == {5}
        left = await platform.pool.fetchval("select count(*) from anlyt.contested_peaks")
        assert left == cells * hours


async def _counts(api: Api, query: dict[str, Any], caller: Mapping[str, str]) -> list[tuple[str, int]]:
    answer = await api.client.post("/v1/anlyt/query", json=query, headers=dict(caller))
    assert answer.status_code == 200, answer.text
    return [(row["tenantId"], row["messages"]) for row in answer.json()["data"]]
