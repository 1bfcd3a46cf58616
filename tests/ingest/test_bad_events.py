"""Bad events of every kind among good ones: every bad event gets a dead letter, every good one is counted."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

import pytest

from functions import METRICS
from ingest import deadletters
from ingest.commit import MetricStore, commit
from ingest.decode import BatchDecoder
from ingest.partitions import Partitions
from ingest.reader import Reader
from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support import events, faults
from tests.support.chaos import make_short_ack_consumers
from tests.support.dead_letters import dead_letter_differences
from tests.support.platform import BILLING, DELIVERY, Platform, with_batch
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message

pytestmark = pytest.mark.anyio


def _mixed(random: Random, good: Sequence[Message], bad: Sequence[faults.Fault]) -> list[Message]:
    both = [*good, *(fault.message for fault in bad)]
    return random.sample(both, len(both))


def _streams(random: Random, now: datetime) -> tuple[list[Message], list[Message]]:
    billing = events.messages(random, events.billing, now, 400)
    delivery = events.messages(random, events.report, now, 400)
    return (
        _mixed(random, billing, list(faults.billing(events.billing(random, now), now))),
        _mixed(random, delivery, list(faults.reports(events.report(random, now), now))),
    )


@pytest.mark.parametrize("batch", [1, 50, 5000])
async def test_every_sort_of_bad_event(platform: Platform, batch: int) -> None:
    random, now = Random(batch), datetime.now(UTC)
    billing, delivery = _streams(random, now)
    await platform.publish(BILLING_EVENTS, billing)
    await platform.publish(SMS_DLR, delivery)
    await platform.drain(with_batch(BILLING, batch), with_batch(DELIVERY, batch))
    assert await differences(platform.dsn, expect(billing, delivery, now)) == []
    assert await dead_letter_differences(platform, METRICS, now) == []


async def test_a_large_event_is_an_event_if_only_what_nobody_reads_is_large(platform: Platform) -> None:
    random, now = Random(1), datetime.now(UTC)
    fields = events.report(random, now)
    large = Message(json.dumps({**fields, "extra": "x" * faults.HUGE}).encode())
    await platform.publish(SMS_DLR, [large])
    await platform.drain(DELIVERY)
    assert await differences(platform.dsn, expect([], [large], now)) == []
    assert await platform.dead_letters() == []


async def test_a_worker_killed_before_it_acknowledges_repeats_no_dead_letter(platform: Platform) -> None:
    """Its batch is redelivered to the next worker, for which everything is done already."""
    random, now = Random(2), datetime.now(UTC)
    _, delivery = _streams(random, now)
    await make_short_ack_consumers(platform, [DELIVERY])
    await platform.publish(SMS_DLR, delivery)
    for step in ("commit", "dead letters"):
        await _begin(platform, step)
    await platform.drain(with_batch(DELIVERY, 100))
    assert await differences(platform.dsn, expect([], delivery, now)) == []
    assert await dead_letter_differences(platform, [DELIVERY], now) == []


async def _begin(platform: Platform, until: str) -> None:
    """Processes a batch up to a step, as a worker does, and acknowledges nothing."""

    async def restore() -> None: ...

    reader = Reader(platform.client, SMS_DLR.name, DELIVERY.durable, 200, restore)
    await reader.open()
    decoded = BatchDecoder(DELIVERY).decode(await reader.batch(5))
    await commit(MetricStore(platform.pool, Partitions(platform.pool), "USD"), DELIVERY, decoded.events)
    assert decoded.events
    if until == "dead letters":
        await deadletters.publish(platform.jetstream, decoded.dead_letters)
        assert decoded.dead_letters


async def test_replaying_the_stream_from_its_beginning_adds_nothing(platform: Platform) -> None:
    random, now = Random(3), datetime.now(UTC)
    _, delivery = _streams(random, now)
    await platform.publish(SMS_DLR, delivery)
    await platform.drain(with_batch(DELIVERY, 100))
    await platform.jetstream.delete_consumer(SMS_DLR.name, DELIVERY.durable)
    await platform.drain(with_batch(DELIVERY, 77))
    assert await differences(platform.dsn, expect([], delivery, now)) == []
    assert await dead_letter_differences(platform, [DELIVERY], now) == []


async def test_a_stream_of_nothing_but_bad_events(platform: Platform) -> None:
    """The stream has more bad events than are published concurrently."""
    await platform.publish(SMS_DLR, [Message(b"%d" % n) for n in range(1000)])
    await platform.drain(DELIVERY)
    assert len(await platform.dead_letters()) == 1000
    assert await dead_letter_differences(platform, [DELIVERY], datetime.now(UTC)) == []


async def test_dead_letters_wait_for_their_stream(platform: Platform) -> None:
    """No bad event is acknowledged before its dead letter is stored."""
    now = datetime.now(UTC)
    await platform.jetstream.delete_stream("ANLYT_DEADLETTER")
    await platform.publish(SMS_DLR, [Message(b"bad")])
    async with platform.running_workers(DELIVERY):
        await asyncio.sleep(0.5)
        assert await platform.pending_count(DELIVERY) == 1
        await platform.jetstream.add_stream(name="ANLYT_DEADLETTER", subjects=["anlyt.deadletter.>"])
        await platform.wait_until_drained(DELIVERY)
    assert await dead_letter_differences(platform, [DELIVERY], now) == []
