import asyncio
import time
from datetime import UTC, datetime
from random import Random

import pytest
from prometheus_client import REGISTRY

from functions import METRICS
from infra.embedded.engine import Engine
from infra.endpoints import Engines
from ingest import service
from schema.streams import SMS_DLR
from tests.support import events
from tests.support.platform import DELIVERY, PATIENCE, Platform
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message

pytestmark = pytest.mark.anyio


async def test_it_counts_and_measures_its_progress(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MEASURE_EVERY", 0.05)
    random, now = Random(1), datetime.now(UTC)
    delivery = [events.message(random, events.report(random, now)) for _ in range(300)]
    expected = expect([], delivery, now)
    as_of = {"projection": "delivery_metrics"}
    await platform.publish(SMS_DLR, [*delivery, Message(b"bad")])
    async with service.running(Engines(platform.url, platform.dsn, ""), METRICS, "USD"), asyncio.timeout(PATIENCE):
        await platform.wait_until_drained(DELIVERY)
        newest = expected.data_as_of["delivery_metrics"].timestamp()
        while REGISTRY.get_sample_value("anlyt_data_as_of_timestamp_seconds", as_of) != newest:
            await asyncio.sleep(0.02)
        while REGISTRY.get_sample_value("anlyt_nats_consumer_pending", {"consumer": DELIVERY.durable}) != 0:
            await asyncio.sleep(0.02)
    assert await differences(platform.dsn, expected) == []


async def test_it_stops_while_it_measures(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """This holds when a reply that it waits for arrives together with the cancellation."""
    monkeypatch.setattr(service, "MEASURE_EVERY", 0.0)
    random = Random(2)
    for _ in range(20):
        async with service.running(Engines(platform.url, platform.dsn, ""), METRICS, "USD"):
            await asyncio.sleep(random.uniform(0.03, 0.06))
            time.sleep(0.01)  # noqa: ASYNC251  # blocks the loop, so that replies arrive together with the stop


async def test_the_age_of_stale_gauges_grows(
    platform: Platform, server: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MEASURE_EVERY", 0.02)

    def age() -> float:
        measured = REGISTRY.get_sample_value("anlyt_gauges_measured_timestamp_seconds", {"part": "ingest"})
        return time.time() - (measured or 0)

    async with service.running(Engines(platform.url, platform.dsn, ""), METRICS, "USD"), asyncio.timeout(PATIENCE):
        while age() > 1:
            await asyncio.sleep(0.02)
        await server.stop()
        while age() < 1:
            await asyncio.sleep(0.02)
        await server.start()
        while age() > 1:
            await asyncio.sleep(0.02)
