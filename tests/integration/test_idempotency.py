"""Each event counts once, however often, in which order and to which worker it is delivered."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from functions import METRICS
from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support import events
from tests.support.chaos import ACK_WAIT, make_short_ack_consumers
from tests.support.dead_letters import dead_letter_differences
from tests.support.platform import BILLING, DELIVERY, Platform, with_batch
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
DAY = f"{NOW - timedelta(days=1):%Y-%m-%d}"


async def _check(platform: Platform, billing: list[Message], delivery: list[Message]) -> None:
    assert await differences(platform.dsn, expect(billing, delivery, NOW)) == []
    assert await dead_letter_differences(platform, METRICS, NOW) == []


def _sent(fields: events.Fields) -> Message:
    return Message(json.dumps(fields).encode())


@pytest.mark.parametrize("seed", range(31, 37))
async def test_brute_force(platform: Platform, seed: int) -> None:
    """Both functions, with one to three workers each and random batches."""
    print(f"seed {seed}")
    random = Random(seed)
    billing = events.messages(random, events.billing, NOW, 1500)
    delivery = events.messages(random, events.report, NOW, 1500)
    await platform.publish(BILLING_EVENTS, billing)
    await platform.publish(SMS_DLR, delivery)
    workers = [
        with_batch(function, random.choice([1, 7, 100, 1000, 5000]))
        for function in METRICS
        for _ in range(random.randrange(1, 4))
    ]
    await platform.drain(*workers)
    await _check(platform, billing, delivery)


@pytest.mark.parametrize("batch", [1, 5000])
@pytest.mark.parametrize(
    "copied",
    [
        lambda fields: fields,
        lambda fields: dict(reversed(fields.items())),
        lambda fields: fields | {"receivedAt": f"{DAY}T16:30:00.1234567+04:30"},
        lambda fields: fields | {"receivedAt": f"{DAY}t12:00:00.12345699z"},
    ],
    ids=["bytes", "other order", "other offset", "other digits behind the microseconds"],
)
async def test_a_copy_is_the_same_event(
    platform: Platform, batch: int, copied: Callable[[events.Fields], events.Fields]
) -> None:
    """The copy is in the same batch, or in a later one."""
    fields = events.report(Random(1), NOW) | {"receivedAt": f"{DAY}T12:00:00.123456Z"}
    delivery = [_sent(fields), _sent(copied(fields))]
    await platform.publish(SMS_DLR, delivery)
    await platform.drain(with_batch(DELIVERY, batch))
    await _check(platform, [], delivery)
    assert await platform.pool.fetchval("select count(*) from anlyt.processed_events") == 1


@pytest.mark.parametrize("batch", [1, 5000])
@pytest.mark.parametrize(
    "changes",
    [
        {"eventId": "EVT-1"},
        {"eventId": "evt-1."},
        {"receivedAt": f"{DAY}T12:00:00.123457Z"},
        {"receivedAt": f"{DAY}T12:00:00.123456+04:30"},
    ],
    ids=["upper case", "one character more", "a microsecond later", "another instant"],
)
async def test_a_similar_event_is_another_event(platform: Platform, batch: int, changes: dict[str, str]) -> None:
    fields = events.report(Random(1), NOW) | {"eventId": "evt-1", "receivedAt": f"{DAY}T12:00:00.123456Z"}
    delivery = [_sent(fields), _sent(fields | changes)]
    await platform.publish(SMS_DLR, delivery)
    await platform.drain(with_batch(DELIVERY, batch))
    await _check(platform, [], delivery)
    assert await platform.pool.fetchval("select count(*) from anlyt.processed_events") == 2


async def test_each_function_has_its_own_claims(platform: Platform) -> None:
    """Both streams have an event with the same id and time."""
    random, at = Random(1), NOW.isoformat()
    billing = [_sent(events.billing(random, NOW) | {"eventId": "e-1", "billedAt": at})]
    delivery = [_sent(events.report(random, NOW) | {"eventId": "e-1", "receivedAt": at})]
    await platform.publish(BILLING_EVENTS, billing)
    await platform.publish(SMS_DLR, delivery)
    await platform.drain(BILLING, DELIVERY)
    await _check(platform, billing, delivery)


async def test_unacknowledged_messages_are_redelivered_and_counted_once(platform: Platform) -> None:
    """A worker keeps its messages longer than the ack wait, so that another worker gets them, too."""
    random = Random(2)
    delivery = events.messages(random, events.report, NOW, 500)
    await make_short_ack_consumers(platform, [DELIVERY])
    await platform.publish(SMS_DLR, delivery)
    lock = "lock table anlyt.metrics_hourly in access exclusive mode"
    async with platform.running_workers(with_batch(DELIVERY, 100), with_batch(DELIVERY, 100)):
        async with platform.pool.acquire() as connection, connection.transaction():
            await connection.execute(lock)
            await asyncio.sleep(2.5 * ACK_WAIT)
        await platform.wait_until_drained(DELIVERY)
    await _check(platform, [], delivery)


async def test_late_events_count_in_their_hour(platform: Platform) -> None:
    """Each late event is twice in the stream, far apart."""
    random = Random(3)
    ages = [timedelta(), timedelta(hours=1), timedelta(days=8), timedelta(days=93), timedelta(days=1500)]
    late = [_sent(events.billing(random, NOW) | {"billedAt": events.written(random, NOW - age)}) for age in ages * 20]
    await platform.publish(BILLING_EVENTS, late + late)
    await platform.drain(with_batch(BILLING, 30))
    await _check(platform, late, [])
