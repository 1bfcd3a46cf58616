"""A worker: how it stops, what it waits for, what its metrics show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from prometheus_client import REGISTRY

from infra import nats
from infra.embedded.engine import Engine
from infra.embedded.postgres import postgres_server
from infra.errors import UsageError
from infra.metrics import DEADLETTERS, DESERIALIZATION_ERRORS, PG_ERRORS
from infra.postgres import open_pool
from ingest.commit import MetricStore
from ingest.host import Worker
from ingest.partitions import Partitions
from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support import events
from tests.support.chaos import frozen
from tests.support.database import fresh_database, make_template
from tests.support.platform import BILLING, DELIVERY, Platform, open_platform, unlimited_guards, with_batch
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message

pytestmark = pytest.mark.anyio


def _reports(count: int, seed: int = 1) -> tuple[list[Message], datetime]:
    random, now = Random(seed), datetime.now(UTC)
    return [events.message(random, events.report(random, now)) for _ in range(count)], now


@asynccontextmanager
async def _own_postgres(server: Engine, folder: Path) -> AsyncIterator[tuple[Platform, Engine]]:
    """A platform with its own PostgreSQL server, which the test may stop."""
    async with postgres_server(folder) as postgres:
        await make_template(postgres)
        async with fresh_database(postgres) as dsn, open_platform(server.url, dsn) as platform:
            yield platform, postgres


@pytest.mark.parametrize(("batch", "after"), [(200, 0.2), (5000, 0.0), (2000, 0.1), (2000, 0.2)])
async def test_stopped_under_load_it_leaves_nothing_stuck(platform: Platform, batch: int, after: float) -> None:
    """The next worker gets all the rest immediately: the ack wait is longer than the test's time limit."""
    delivery, now = _reports(8000)
    await platform.publish(SMS_DLR, delivery)
    async with platform.running_workers(with_batch(DELIVERY, batch)):
        await asyncio.sleep(after)
    await platform.drain(DELIVERY)
    assert await differences(platform.dsn, expect([], delivery, now)) == []


async def test_stopped_while_postgres_is_away_it_gives_its_batch_back(server: Engine, tmp_path: Path) -> None:
    async with _own_postgres(server, tmp_path / "postgres") as (platform, postgres):
        delivery, now = _reports(500)
        await platform.drain(DELIVERY)
        await postgres.stop("immediate")
        async with platform.running_workers(DELIVERY):
            await platform.publish(SMS_DLR, delivery)
            await asyncio.sleep(0.3)
        await postgres.start()
        await platform.drain(DELIVERY)
        assert await differences(platform.dsn, expect([], delivery, now)) == []


async def test_it_waits_for_a_postgres_that_hangs(server: Engine, tmp_path: Path) -> None:
    async with _own_postgres(server, tmp_path / "postgres") as (platform, postgres):
        delivery, now = _reports(6000)
        async with platform.running_workers(with_batch(DELIVERY, 100), with_batch(DELIVERY, 100)):
            await platform.publish(SMS_DLR, delivery[:3000])
            with frozen(postgres):
                await platform.publish(SMS_DLR, delivery[3000:])
                await asyncio.sleep(3)
            await platform.wait_until_drained(DELIVERY)
        assert await differences(platform.dsn, expect([], delivery, now)) == []


async def test_it_ends_when_its_stream_does_not_exist(platform: Platform) -> None:
    await platform.jetstream.delete_stream(SMS_DLR.name)
    with pytest.raises(UsageError, match=r"Stream SMS_DLR does not exist; run `anlyt migrate` first\."):
        await platform.worker(DELIVERY, asyncio.Event()).run()


async def test_consumers_and_streams_that_are_made_anew_are_read_on(platform: Platform) -> None:
    """A recreated consumer starts at the stream's first message; the ledger recognises all counted events."""
    delivery, now = _reports(1200)
    async with platform.running_workers(with_batch(DELIVERY, 50), with_batch(DELIVERY, 200)):
        await platform.publish(SMS_DLR, delivery[:400])
        await platform.wait_until_drained(DELIVERY)
        await platform.jetstream.delete_consumer(SMS_DLR.name, DELIVERY.durable)
        await platform.publish(SMS_DLR, delivery[400:800])
        await platform.wait_until_drained(DELIVERY)
        await platform.jetstream.delete_stream(SMS_DLR.name)
        await nats.ensure_streams(platform.jetstream, [SMS_DLR])
        await platform.publish(SMS_DLR, delivery[300:])
        await platform.wait_until_drained(DELIVERY)
    assert await differences(platform.dsn, expect([], delivery, now)) == []


async def test_results_are_counted_in_metrics(platform: Platform) -> None:
    def counter(result: str) -> float:
        labels = {"type": "sms.billed.v1", "result": result}
        return REGISTRY.get_sample_value("anlyt_events_processed_total", labels) or 0

    random, now = Random(1), datetime.now(UTC)
    billing = [events.message(random, events.billing(random, now)) for _ in range(60)]
    results = ("counted", "duplicate", "deadletter")
    before = [counter(result) for result in results]
    await platform.publish(BILLING_EVENTS, [*billing, *billing[:20], Message(b"bad"), Message(b"worse")])
    await platform.drain(with_batch(BILLING, 30))
    assert [counter(result) - count for result, count in zip(results, before, strict=True)] == [60, 20, 2]


async def test_counters_are_shown_before_anything_is_bad(platform: Platform) -> None:
    for counter in (DEADLETTERS, DESERIALIZATION_ERRORS, PG_ERRORS):
        counter.clear()
    await platform.drain(BILLING)
    for name, labels in (
        ("anlyt_deadletter_total", {"stream": BILLING_EVENTS.name, "reason": "absurd_time"}),
        ("anlyt_deserialization_errors_total", {"type": "sms.billed.v1"}),
        ("anlyt_pg_errors_total", {"op": "commit"}),
    ):
        assert REGISTRY.get_sample_value(name, labels) == 0, name


async def test_acknowledgements_larger_than_the_connections_buffer_get_through(database: str, server: Engine) -> None:
    async with open_platform(server.url, database) as platform, open_pool(database, size=2) as pool:
        delivery, now = _reports(5000)
        await platform.publish(SMS_DLR, delivery)
        async with nats.connect(server.url) as client:
            client._max_pending_size = 4096  # nats-py has no public way to set it on our connections
            stop, guard = asyncio.Event(), unlimited_guards([DELIVERY])[DELIVERY.name]
            worker = Worker(
                DELIVERY, client, client.jetstream(), MetricStore(pool, Partitions(pool), "USD"), stop, guard
            )
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(worker.run())
                await platform.wait_until_drained(DELIVERY)
                stop.set()
        assert await differences(database, expect([], delivery, now)) == []
