import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from nats.js.api import AckPolicy, ConsumerConfig

from infra.consumers import ensure_consumer
from infra.embedded.engine import Engine
from infra.frames import Frame
from ingest.reader import Reader
from schema.streams import SMS_DLR
from tests.support.platform import DELIVERY, PATIENCE, Platform
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

LONG = 60.0  # seconds; a batch that waits this long exceeds the test's time limit


@asynccontextmanager
async def reading(platform: Platform, size: int, *, apart: float = 0, as_it_is: bool = False) -> AsyncIterator[Reader]:
    """A reader. `as_it_is`: use the consumer unchanged, where ingest would refuse or correct it."""

    async def restore() -> None:
        if not as_it_is:
            await ensure_consumer(platform.jetstream, SMS_DLR, DELIVERY.durable)

    await restore()
    reader = Reader(platform.client, SMS_DLR.name, DELIVERY.durable, size, restore, apart)
    await reader.open()
    try:
        yield reader
    finally:
        await reader.close()


async def _publish(platform: Platform, numbers: Sequence[int], size: int = 0) -> None:
    await platform.publish(SMS_DLR, [Message(b"%d".ljust(size) % number) for number in numbers])


async def _receive(platform: Platform, reader: Reader, count: int) -> Sequence[int]:
    """Receives and acknowledges the next `count` messages; returns their numbers."""
    messages: list[Frame] = []
    async with asyncio.timeout(PATIENCE):
        while len(messages) < count:
            messages += await reader.batch(0.05)
    await platform.client.publish_all([message.reply for message in messages], b"")
    return [int(message.data) for message in messages]


async def _waiting(platform: Platform) -> int:
    """The number of open requests at the server."""
    info = await platform.jetstream.consumer_info(SMS_DLR.name, DELIVERY.durable)
    return info.num_waiting or 0


async def test_a_full_batch_comes_at_once_and_so_does_the_last_one(platform: Platform) -> None:
    await _publish(platform, range(25))
    async with reading(platform, 10) as reader:
        assert [len(await reader.batch(LONG)) for _ in range(3)] == [10, 10, 5]
        assert len(await reader.batch(0.05)) == 0


async def test_a_batch_keeps_its_distance_and_lingers_for_company(platform: Platform) -> None:
    async with reading(platform, 10, apart=0.5) as reader:
        await _publish(platform, range(1))
        assert len(await reader.batch(LONG)) == 1  # nothing was before it
        batch = asyncio.create_task(reader.batch(LONG))
        await _publish(platform, range(3))
        await asyncio.sleep(0.1)
        assert not batch.done()
        await _publish(platform, range(3, 6))
        assert [int(message.data) for message in await batch] == list(range(6))


async def test_a_full_batch_keeps_no_distance(platform: Platform) -> None:
    async with reading(platform, 10, apart=LONG) as reader:
        await _publish(platform, range(1))
        assert len(await reader.batch(LONG)) == 1
        batch = asyncio.create_task(reader.batch(LONG))
        await _publish(platform, range(3))
        await asyncio.sleep(0.1)
        assert not batch.done()
        await _publish(platform, range(3, 10))
        assert [int(message.data) for message in await batch] == list(range(10))


async def test_a_distance_ends_with_the_longest_wait(platform: Platform) -> None:
    async with reading(platform, 10, apart=LONG) as reader:
        await _publish(platform, range(1))
        assert len(await reader.batch(LONG)) == 1
        await _publish(platform, range(3))
        assert len(await reader.batch(0.2)) == 3


async def test_batches_that_take_long_are_further_apart(platform: Platform) -> None:
    async with reading(platform, 10) as reader:
        await _publish(platform, range(1))
        slow = await reader.batch(LONG)
        await asyncio.sleep(0.3)
        reader.done(slow)
        batch = asyncio.create_task(reader.batch(LONG))
        await _publish(platform, range(1))
        await asyncio.sleep(0.1)
        assert not batch.done()
        assert len(await batch) == 1


async def test_closing_gives_back_batches_that_are_not_done(platform: Platform) -> None:
    await _publish(platform, range(40))
    async with reading(platform, 10) as reader:
        first, second = await reader.batch(LONG), await reader.batch(LONG)
        await platform.client.publish_all([message.reply for message in first], b"")
        reader.done(first)
    async with reading(platform, 10) as other:
        rest = await _receive(platform, other, 30)
    numbers = [int(message.data) for message in (*first, *second)]
    assert numbers == list(range(20))
    assert sorted([*numbers[:10], *rest]) == list(range(40))


async def test_large_batches_bring_everything_once_and_in_order(platform: Platform) -> None:
    await _publish(platform, range(20_000))
    async with reading(platform, 5000) as reader:
        assert await _receive(platform, reader, 20_000) == list(range(20_000))
        await platform.wait_until_drained(DELIVERY)
        assert await reader.batch(0.05) == []


async def test_requests_that_expire_are_replaced(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends them with status 408."""
    monkeypatch.setattr("ingest.reader.EXPIRES", 0.4)
    monkeypatch.setattr("ingest.reader.HEARTBEAT", 0.2)
    async with reading(platform, 10) as reader:
        for _ in range(30):
            assert await reader.batch(0.05) == []
            assert await _waiting(platform) <= 3
        await _publish(platform, range(30))
        assert await _receive(platform, reader, 30) == list(range(30))


async def test_a_worker_that_is_busy_is_not_cut_off(platform: Platform) -> None:
    """Its requests end at a size in bytes (409); together they stay below the server's `max_pending` of 64 MiB."""
    await _publish(platform, range(700), size=200_000)
    async with reading(platform, 10_000) as reader:
        first = await reader.batch(0.01)
        time.sleep(1)  # noqa: ASYNC251  # nothing is read meanwhile
        rest = await _receive(platform, reader, 700 - len(first))
    assert [*(int(message.data) for message in first), *rest] == list(range(700))
    assert platform.client.stats["reconnects"] == 0


async def test_a_consumer_that_takes_one_request_at_a_time_is_read(platform: Platform) -> None:
    """The server refuses a second one with 409 Exceeded MaxWaiting."""
    config = ConsumerConfig(durable_name=DELIVERY.durable, ack_policy=AckPolicy.EXPLICIT, max_waiting=1)
    await platform.jetstream.add_consumer(SMS_DLR.name, config)
    await _publish(platform, range(100))
    async with reading(platform, 10, as_it_is=True) as reader:
        assert await _receive(platform, reader, 100) == list(range(100))


async def test_a_deleted_consumer_is_made_again(platform: Platform) -> None:
    """The server answers 409 Consumer Deleted, and 503 to the next request."""
    async with reading(platform, 10) as reader:
        await _publish(platform, range(5))
        assert await _receive(platform, reader, 5) == list(range(5))
        await platform.jetstream.delete_consumer(SMS_DLR.name, DELIVERY.durable)
        await _publish(platform, range(5, 8))
        assert await _receive(platform, reader, 8) == list(range(8))


async def test_a_deleted_stream_is_waited_for(platform: Platform) -> None:
    async with reading(platform, 10) as reader:
        await platform.jetstream.delete_stream(SMS_DLR.name)
        for _ in range(3):
            assert await reader.batch(0.05) == []
        await platform.jetstream.add_stream(name=SMS_DLR.name, subjects=[SMS_DLR.subject])
        await _publish(platform, range(5))
        assert await _receive(platform, reader, 5) == list(range(5))


async def test_a_server_that_was_killed_is_read_on(platform: Platform, server: Engine) -> None:
    async with reading(platform, 10) as reader:
        await _publish(platform, range(5))
        assert await _receive(platform, reader, 5) == list(range(5))
        await server.kill()
        assert await reader.batch(0.1) == []
        await server.start()
        await platform.wait_until_connected()
        await _publish(platform, range(5, 30))
        received: set[int] = set()
        while not received >= set(range(5, 30)):  # the last acknowledgements before the kill may be lost
            received |= set(await _receive(platform, reader, 1))


@pytest.mark.parametrize("status", ["100", "404", "408", "409", "503"])
async def test_a_producers_own_status_header_is_no_status(platform: Platform, status: str) -> None:
    await platform.publish(SMS_DLR, [Message(b"", {"Status": status, "Description": "Consumer Deleted"})])
    await _publish(platform, range(3))
    async with reading(platform, 10) as reader:
        messages = await reader.batch(0.5)
        assert [message.data for message in messages] == [b"", b"0", b"1", b"2"]


@pytest.mark.parametrize("size", [10, 1000, 5000])
async def test_closing_gives_back_all_that_was_not_taken(platform: Platform, size: int) -> None:
    """Messages on their way are given back, too. They are redelivered immediately, not after the long ack wait."""
    await _publish(platform, range(20_000))
    async with reading(platform, size) as reader:
        received = await _receive(platform, reader, size)
    async with reading(platform, 5000) as other:
        rest = await _receive(platform, other, 20_000 - len(received))
    assert sorted([*received, *rest]) == list(range(20_000))


async def test_closing_while_the_server_is_away_ends(platform: Platform, server: Engine) -> None:
    await _publish(platform, range(20))
    async with reading(platform, 10) as reader:
        await reader.batch(LONG)
        await server.kill()
    await server.start()
    await platform.wait_until_connected()
