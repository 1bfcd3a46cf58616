"""Publishing to real NATS servers: all messages arrive, refusals and silence raise errors, outages are survived."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, islice
from pathlib import Path
from time import monotonic

import nats as nats_py
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from demo.feed import publish, run_live
from demo.jetstream import NotStoredError, Publisher
from demo.traffic import Outbox, history
from demo.wire import Message
from demo.world import World
from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def connected(url: str, pending_size: int = 2 << 20) -> AsyncIterator[Client]:
    async def ignore(_: Exception) -> None:
        """Ignores connection errors, which these tests cause."""

    nc = await nats_py.connect(
        url, max_reconnect_attempts=-1, reconnect_time_wait=0.1, error_cb=ignore, pending_size=pending_size
    )
    try:
        yield nc
    finally:
        with suppress(ConnectionResetError):  # from nats-py, when the server has stopped
            await nc.close()


STREAMS = {
    "BILLING_EVENTS": "billing.events",
    "SMS_DLR": "sms.dlr.inbound",
    "CDR_EVENTS": "cdr.generated.v1",
    "COMPLIANCE_AUDIT": "compliance.audit.v1",
}


async def make_streams(nc: Client) -> None:
    for name, subject in STREAMS.items():
        await make_stream(nc, name, subject)


async def make_stream(nc: Client, name: str, subject: str) -> None:
    await nc.jetstream().add_stream(name=name, subjects=[subject])


async def contents(nc: Client, stream: str) -> list[tuple[bytes, dict[str, str] | None]]:
    """All messages of a stream, in order."""
    js = nc.jetstream()
    state = (await js.stream_info(stream)).state
    subscription = await js.pull_subscribe(">", stream=stream, config=ConsumerConfig(ack_policy=AckPolicy.NONE))
    messages: list[Msg] = []
    while len(messages) < state.messages:
        messages += await subscription.fetch(1_000, timeout=60)
    await subscription.unsubscribe()
    return [(message.data, message.headers) for message in messages]


@pytest.fixture
async def nc(nats: Engine) -> AsyncIterator[Client]:
    async with connected(nats.url) as client:
        await make_stream(client, "FEED_TEST", "feed.test.>")
        yield client
        await client.jetstream().delete_stream("FEED_TEST")


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Engine]:
    """A server that a test may stop."""
    async with nats_server(tmp_path / "nats") as engine:
        yield engine


def numbered(subject: str = "feed.test.a") -> Iterator[Message]:
    return (
        Message(number, subject, b"%d" % number, {"X-Tenant-Id": "t"} if number % 2 else None) for number in count()
    )


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits for a condition, for at most a minute."""
    deadline = monotonic() + 60
    while not await condition():
        assert monotonic() < deadline
        await asyncio.sleep(0.05)


async def cancel(task: asyncio.Task[object]) -> None:
    """Cancels a task, and checks that it ends."""
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 60)


async def test_everything_arrives_in_order_with_its_headers(nc: Client) -> None:
    messages = list(islice(numbered(), 12_345))
    progress: list[int] = []
    assert await publish(nc, messages, progress.append) == 12_345
    assert await contents(nc, "FEED_TEST") == [(message.data, message.headers) for message in messages]
    assert progress == sorted(progress)
    assert progress[-1] == 12_345
    assert len(progress) > 20


async def test_history_reaches_every_stream(own: Engine, world: World, until: datetime) -> None:
    async with connected(own.url) as nc:
        await make_streams(nc)
        messages = list(history(world, until, days=1, messages=5_000))
        assert await publish(nc, messages) == len(messages)
        for stream, subject in STREAMS.items():
            stored = [data for data, _ in await contents(nc, stream)]
            assert stored == [message.data for message in messages if message.subject == subject]


async def test_nothing_to_publish_is_nothing_stored(nc: Client) -> None:
    assert await publish(nc, []) == 0


async def test_a_missing_stream_is_an_error_that_names_the_subject(nc: Client) -> None:
    with pytest.raises(NotStoredError, match=r"JetStream refuses nobody\.listens: no stream stores it"):
        await publish(nc, islice(numbered("nobody.listens"), 10_000))


async def test_a_full_stream_is_an_error_with_the_servers_reason(nc: Client) -> None:
    await nc.jetstream().add_stream(name="FEED_FULL", subjects=["feed.full"], max_msgs=10, discard="new")
    try:
        with pytest.raises(NotStoredError, match=r"refuses feed\.full: maximum messages exceeded"):
            await publish(nc, islice(numbered("feed.full"), 100))
    finally:
        await nc.jetstream().delete_stream("FEED_FULL")


async def test_silence_is_an_error(own: Engine) -> None:
    async with connected(own.url) as nc:
        await make_stream(nc, "FEED_TEST", "feed.test.>")
        await own.kill()
        with pytest.raises(NotStoredError, match=r"stored nothing for 0\.3 s"):
            await publish(nc, islice(numbered(), 10), patience=0.3)


async def test_a_closed_connection_is_an_error(own: Engine) -> None:
    async with connected(own.url) as nc, Publisher(nc, patience=1) as publisher:
        await nc.close()
        with pytest.raises(NotStoredError, match="closed"):
            await publisher.send(next(numbered()))


async def test_publishing_survives_a_restart_of_nats(own: Engine) -> None:
    under_way = asyncio.Event()
    async with connected(own.url) as nc:
        await make_stream(nc, "FEED_TEST", "feed.test.>")
        messages = islice(numbered(), 60_000)
        task = asyncio.create_task(
            publish(nc, messages, lambda stored: under_way.set() if stored > 1_000 else None, patience=15)
        )
        await under_way.wait()
        await own.kill()
        await asyncio.sleep(0.3)
        await own.start()
        assert await task == 60_000
        assert {data for data, _ in await contents(nc, "FEED_TEST")} == {b"%d" % number for number in range(60_000)}


async def test_publishing_can_be_cancelled_while_nats_py_flushes(nats: Engine, nc: Client) -> None:
    under_way = asyncio.Event()
    async with connected(nats.url, pending_size=1) as small:
        task = asyncio.create_task(publish(small, numbered(), lambda stored: under_way.set() if stored else None))
        await under_way.wait()
        await asyncio.sleep(0)
        await cancel(task)


class RecordingOutbox(Outbox):
    """An outbox that records the messages that it has yielded."""

    def __init__(self) -> None:
        super().__init__()
        self.yielded: list[Message] = []

    def due(self, until: int) -> Iterator[Message]:
        for message in super().due(until):
            self.yielded.append(message)
            yield message


async def test_live_traffic_survives_a_restart_of_nats(own: Engine, world: World) -> None:
    outbox, since = RecordingOutbox(), datetime.now(UTC) - timedelta(seconds=60)
    async with connected(own.url) as nc:
        await make_streams(nc)

        async def has_yielded(messages: int) -> bool:
            return len(outbox.yielded) > messages

        async def all_stored() -> bool:
            stored = [await contents(nc, stream) for stream in STREAMS]
            return promised <= {data for messages in stored for data, _ in messages}

        live = asyncio.create_task(run_live(nc, world, since, 50, outbox, patience=1))
        await eventually(partial(has_yielded, 4_000))
        await own.kill()
        await eventually(partial(has_yielded, len(outbox.yielded) + 100))
        await own.start()
        promised = {message.data for message in outbox.yielded}
        await eventually(all_stored)
        await cancel(live)


async def test_live_traffic_waits_for_its_streams(own: Engine, world: World) -> None:
    stored = [0]
    since = datetime.now(UTC) - timedelta(seconds=5)
    async with connected(own.url) as nc:

        async def ticked() -> bool:
            return len(stored) > 3

        async def flows() -> bool:
            return stored[-1] > 200

        live = asyncio.create_task(run_live(nc, world, since, 20, None, stored.append, patience=0.6))
        await eventually(ticked)
        assert stored[-1] == 0
        await make_streams(nc)
        await eventually(flows)
        await cancel(live)
