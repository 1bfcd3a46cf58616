"""Engines for ingest: publish messages, run workers, and wait until all messages are processed."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError, ServiceUnavailableError

from functions.billing_metrics import billing_metrics
from functions.delivery_metrics import delivery_metrics
from functions.function import AnyFunction, Batch
from infra import nats
from infra.clickhouse import ClickHouse, open_clickhouse
from infra.frames import FrameClient
from infra.postgres import Pool, open_pool
from infra.suitability import ACK_WAIT_SECONDS
from ingest import deadletters
from ingest.commit import MetricStore
from ingest.copies import CopyFinder
from ingest.facts import FactStore
from ingest.host import Worker
from ingest.limit import Limit, LimitGuard, LimitGuards, limit_guards
from ingest.partitions import Partitions
from schema.dead_letters import DeadLetter
from schema.streams import STREAMS, Stream
from tests.support.validity import Message

# Seconds; longer than any test takes, and below the ack wait, so that a redelivery cannot hide an error.
PATIENCE = 0.75 * ACK_WAIT_SECONDS
UNDER_WAY = 2000
ANY_SHARE = Limit(share=100)  # all messages of a test may be bad
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"  # for tests without PostgreSQL


def with_batch(function: AnyFunction, size: int, seconds: float = 0.02) -> AnyFunction:
    """The function with batches of another size and duration."""
    return replace(function, batch=Batch(size, seconds, apart=0))


def unlimited_guards(functions: Iterable[AnyFunction]) -> LimitGuards:
    return limit_guards([function.name for function in functions], ANY_SHARE)


@dataclass(frozen=True, slots=True)
class Platform:
    """Connections to the engines. `url` (NATS) and `dsn` (PostgreSQL) are for further connections."""

    url: str
    dsn: str
    client: FrameClient
    jetstream: JetStreamContext
    pool: Pool
    clickhouse: ClickHouse

    async def publish(self, stream: Stream, messages: Iterable[Message]) -> None:
        """Publishes messages; returns when JetStream has stored all of them in this order."""
        inbox, stored, sent = self.client.new_inbox(), 0, 0
        news = asyncio.Event()

        async def on_ack(ack: Msg) -> None:
            nonlocal stored
            assert b'"error"' not in ack.data, ack.data
            stored += 1
            news.set()

        acks = await self.client.subscribe(inbox, cb=on_ack)
        for message in messages:
            headers = dict(message.headers) if message.headers else None
            await self.client.publish(stream.subject, message.data, reply=inbox, headers=headers)
            sent += 1
            while sent - stored > UNDER_WAY:
                await _wait_for(news)
        while stored < sent:
            await _wait_for(news)
        await acks.unsubscribe()

    def worker(self, function: AnyFunction, stop: asyncio.Event, guard: LimitGuard | None = None) -> Worker:
        metrics = MetricStore(self.pool, Partitions(self.pool), "USD", CopyFinder(self.client))
        facts = FactStore(self.clickhouse)
        sink = facts if function.store == "clickhouse" else metrics
        return Worker(
            function, self.client, self.jetstream, sink, stop, guard or unlimited_guards([function])[function.name]
        )

    @asynccontextmanager
    async def running_workers(self, *functions: AnyFunction, limit: Limit = ANY_SHARE) -> AsyncIterator[LimitGuards]:
        """Runs one worker per function during the body; raises a worker's error at the end."""
        stop, watched = asyncio.Event(), limit_guards([function.name for function in functions], limit)
        async with asyncio.TaskGroup() as tasks:
            for function in functions:
                tasks.create_task(self.worker(function, stop, watched[function.name]).run())
            try:
                yield watched
            finally:
                stop.set()

    async def drain(self, *functions: AnyFunction) -> None:
        """Runs the functions until every message in their streams is stored or has a dead letter."""
        async with self.running_workers(*functions):
            await self.wait_until_drained(*functions)

    async def wait_until_drained(self, *functions: AnyFunction) -> None:
        async with asyncio.timeout(PATIENCE):
            for function in functions:
                while await self.pending_count(function):
                    await asyncio.sleep(0.02)

    async def pending_count(self, function: AnyFunction) -> int:
        """The number of messages not delivered or not acknowledged; 1 while there is no consumer."""
        try:
            info = await self.jetstream.consumer_info(function.stream.name, function.durable)
        except NotFoundError:
            return 1
        # A consumer learns of a stored message after its publisher; until then, num_pending is too low.
        last = (await self.jetstream.stream_info(function.stream.name)).state.last_seq
        unseen = last - (info.delivered.stream_seq if info.delivered else 0)
        return max(info.num_pending or 0, unseen) + (info.num_ack_pending or 0)

    async def wait_until_connected(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while not self.client.is_connected:
                await asyncio.sleep(0.01)

    async def stored_messages(self, stream: Stream) -> Mapping[int, Message]:
        """The messages in a stream, by sequence."""
        return {sequence: message async for sequence, message in self.read(stream)}

    async def read(self, stream: Stream) -> AsyncIterator[tuple[int, Message]]:
        """Yields the sequence and the message of everything in a stream."""
        name, read = stream.name, 0
        everything = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL, num_replicas=1)
        reading = await self.jetstream.pull_subscribe(stream.subject, stream=name, config=everything)
        total = (await self.jetstream.stream_info(name)).state.messages
        while read < total:
            with suppress(ServiceUnavailableError):  # in a cluster, a new consumer has no leader at first
                for each in await reading.fetch(1000, timeout=PATIENCE):
                    read += 1
                    yield each.metadata.sequence.stream, Message(each.data, each.headers)
        await reading.unsubscribe()

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return [each.dead_letter async for each in deadletters.stored(self.jetstream)]


async def _wait_for(news: asyncio.Event) -> None:
    news.clear()
    async with asyncio.timeout(PATIENCE):
        await news.wait()


@asynccontextmanager
async def open_platform(url: str, dsn: str = NOWHERE, clickhouse: str = "") -> AsyncIterator[Platform]:
    """Yields a platform with its streams. It connects to the databases at their first use."""
    async with AsyncExitStack() as opened:
        client = await opened.enter_async_context(nats.connect(url))
        pool = await opened.enter_async_context(open_pool(dsn, size=8))
        warehouse = await opened.enter_async_context(open_clickhouse(clickhouse, statement_timeout=30))
        jetstream = client.jetstream()
        await nats.ensure_streams(jetstream, STREAMS)
        yield Platform(url, dsn, client, jetstream, pool, warehouse)


BILLING: AnyFunction = billing_metrics
DELIVERY: AnyFunction = delivery_metrics
