import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from infra import seek
from infra.consumers import ensure_consumer
from infra.seek import ConsumerPosition, consumer_position, rewind, sequence_at, stored_at
from schema.streams import BILLING_EVENTS as STREAM
from tests.support.platform import Platform
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

DURABLE = "durable"


async def _acknowledge(platform: Platform, count: int) -> None:
    reading = await platform.jetstream.pull_subscribe_bind(DURABLE, STREAM.name)
    for message in await reading.fetch(count):
        await message.ack_sync()
    await reading.unsubscribe()


async def test_times_are_found(platform: Platform) -> None:
    await platform.publish(STREAM, [Message(b"1"), Message(b"2")])
    await asyncio.sleep(0.01)
    middle = datetime.now(UTC)
    await platform.publish(STREAM, [Message(b"3")])
    jetstream = platform.jetstream
    times = [None, middle - timedelta(days=1), middle, middle + timedelta(days=1)]
    assert [await sequence_at(jetstream, STREAM, since) for since in times] == [1, 1, 3, 4]
    await jetstream.purge_stream(STREAM.name, seq=2)
    assert [await sequence_at(jetstream, STREAM, since) for since in times] == [2, 2, 3, 4]
    first = await stored_at(jetstream, STREAM, 1)
    assert first is not None
    assert first < middle
    assert await stored_at(jetstream, STREAM, 4) is None
    assert await jetstream.consumers_info(STREAM.name) == []


async def test_a_consumer_is_moved_back_and_keeps_its_configuration(platform: Platform) -> None:
    await platform.publish(STREAM, [Message(b"")] * 5)
    await ensure_consumer(platform.jetstream, STREAM, DURABLE)
    await _acknowledge(platform, 5)
    assert await consumer_position(platform.jetstream, STREAM, DURABLE) == ConsumerPosition(0, 5, 5)
    before = (await platform.jetstream.consumer_info(STREAM.name, DURABLE)).config
    await rewind(platform.client, STREAM, DURABLE, 3)
    assert await consumer_position(platform.jetstream, STREAM, DURABLE) == ConsumerPosition(3, 2, 5)
    assert (await platform.jetstream.consumer_info(STREAM.name, DURABLE)).config == before


@pytest.mark.parametrize("resets_since", [seek.RESETS_SINCE, (99, 0)], ids=["refused", "an older server"])
async def test_a_consumer_that_cannot_be_reset_is_made_again(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, resets_since: tuple[int, int]
) -> None:
    monkeypatch.setattr(seek, "RESETS_SINCE", resets_since)
    await platform.publish(STREAM, [Message(b"")] * 5)
    config = ConsumerConfig(
        durable_name=DURABLE,
        ack_policy=AckPolicy.EXPLICIT,
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=4,
        ack_wait=17,
        max_deliver=-1,
    )
    await platform.jetstream.add_consumer(STREAM.name, config)
    await _acknowledge(platform, 2)
    await rewind(platform.client, STREAM, DURABLE, 2)
    assert await consumer_position(platform.jetstream, STREAM, DURABLE) == ConsumerPosition(4, 1, 5)
    assert (await platform.jetstream.consumer_info(STREAM.name, DURABLE)).config.ack_wait == 17
    await _acknowledge(platform, 4)
    assert (await consumer_position(platform.jetstream, STREAM, DURABLE)).behind == 0


@pytest.mark.parametrize("resets_since", [seek.RESETS_SINCE, (99, 0)], ids=["this server", "an older server"])
async def test_a_consumer_of_an_empty_stream_is_moved_back_to_its_beginning(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, resets_since: tuple[int, int]
) -> None:
    monkeypatch.setattr(seek, "RESETS_SINCE", resets_since)
    await ensure_consumer(platform.jetstream, STREAM, DURABLE)
    first = await sequence_at(platform.jetstream, STREAM, None)
    assert first == 1
    assert await stored_at(platform.jetstream, STREAM, first) is None
    await rewind(platform.client, STREAM, DURABLE, first)
    assert (await consumer_position(platform.jetstream, STREAM, DURABLE)).behind == 0
