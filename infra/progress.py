"""The progress of durable consumers: the time up to which a stream's messages are stored."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final, NamedTuple

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from infra.errors import DependencyUnavailableError
from infra.nats import connect
from infra.seek import ack_floor, stored_at, unprocessed
from infra.telemetry import logger
from schema.streams import Consumer

INTERVAL: Final = 2.0  # seconds between updates
SNAPSHOTS_KEPT: Final = 300  # the last ten minutes


class ProgressSnapshot(NamedTuple):
    """`until` of a `Progress`, as it was at the time `at` of the monotonic clock, in seconds."""

    at: float
    until: Mapping[str, datetime | None]


class Progress:
    """`until`: per name, the time up to which all messages of the stream are stored; None if unknown.

    It stays true while NATS is unavailable: stored messages stay stored. `snapshots`: the last values of `until`, in
    order.
    """

    def __init__(self, consumers: Mapping[str, Consumer]) -> None:
        self.consumers = consumers
        self.until: Mapping[str, datetime | None] = dict.fromkeys(consumers)
        self.snapshots: deque[ProgressSnapshot] = deque(maxlen=SNAPSHOTS_KEPT)

    async def update(self, jetstream: JetStreamContext) -> None:
        """Queries all consumers once. Raises NatsError if there is no reply."""
        self.until = {name: await stored_until(jetstream, each) for name, each in self.consumers.items()}
        self.snapshots.append(ProgressSnapshot(time.monotonic(), self.until))


async def stored_until(jetstream: JetStreamContext, consumer: Consumer) -> datetime | None:
    """The time up to which all messages of the stream are acknowledged; None if the consumer does not exist."""
    now = datetime.now(UTC)
    try:
        info = await jetstream.consumer_info(consumer.stream.name, consumer.durable)
    except NotFoundError:
        return None
    oldest = await stored_at(jetstream, consumer.stream, ack_floor(info) + 1) if unprocessed(info) else None
    return oldest or now  # they may be acknowledged or expired meanwhile


async def complete_until(jetstream: JetStreamContext, consumer: Consumer) -> datetime | None:
    """The time up to which every event that the stream stored is acknowledged.

    None if the stream has events, and the consumer does not exist.
    """
    until = await stored_until(jetstream, consumer)
    if until is None and not (await jetstream.stream_info(consumer.stream.name)).state.last_seq:
        return datetime.now(UTC)
    return until


@asynccontextmanager
async def track_progress(url: str, consumers: Mapping[str, Consumer]) -> AsyncIterator[Progress]:
    """A `Progress` that is updated every INTERVAL seconds while the body runs. NATS may be unavailable."""
    progress = Progress(consumers)
    stop = asyncio.Event()
    watching = asyncio.create_task(_track(url, progress, stop))
    try:
        yield progress
    finally:
        stop.set()
        watching.cancel()
        await asyncio.wait([watching])


async def _track(url: str, progress: Progress, stop: asyncio.Event) -> None:
    """Updates `progress` until `stop` is set; a cancellation alone is not enough, as nats-py may swallow it."""
    while not stop.is_set():
        try:
            async with connect(url) as client:
                while not stop.is_set():
                    await progress.update(client.jetstream())
                    await asyncio.sleep(INTERVAL)
        except (DependencyUnavailableError, NatsError, OSError, TimeoutError):
            await asyncio.sleep(INTERVAL)
        except Exception:  # the known values stay true, and the next attempt follows
            logger().exception("progress of consumers cannot be read")
            await asyncio.sleep(INTERVAL)
