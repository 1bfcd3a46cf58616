"""How far the durable consumers of the streams have come, in time."""

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
from infra.telemetry import logger
from schema.streams import Stream

LOOK_EVERY: Final = 2.0  # seconds
LOOKS: Final = 300  # remembered: ten minutes


class Consumer(NamedTuple):
    """A durable consumer of all of a stream, which acknowledges what it has stored."""

    stream: Stream
    durable: str


class Look(NamedTuple):
    """What was known `at` a time of the monotonic clock: what was stored then is stored ever since."""

    at: float
    until: Mapping[str, datetime | None]


class Progress:
    """For each name, the time by which everything that had reached the stream is stored; None: not known.

    What is known stays true while NATS is away, as nothing that was stored is lost. `looks` are the last ones in order.
    """

    def __init__(self, consumers: Mapping[str, Consumer]) -> None:
        self.consumers = consumers
        self.until: Mapping[str, datetime | None] = dict.fromkeys(consumers)
        self.looks: deque[Look] = deque(maxlen=LOOKS)

    async def look(self, jetstream: JetStreamContext) -> None:
        """Asks once; NatsError when there is no answer."""
        self.until = {name: await stored_until(jetstream, each) for name, each in self.consumers.items()}
        self.looks.append(Look(time.monotonic(), self.until))


async def stored_until(jetstream: JetStreamContext, consumer: Consumer) -> datetime | None:
    """The time by which everything that had reached the stream is acknowledged; None without such a consumer."""
    now = datetime.now(UTC)
    try:
        info = await jetstream.consumer_info(consumer.stream.name, consumer.durable)
    except NotFoundError:
        return None
    if not (info.num_pending or 0) + (info.num_ack_pending or 0):
        return now
    acknowledged = info.ack_floor.stream_seq if info.ack_floor else 0
    try:
        oldest = await jetstream.get_msg(
            consumer.stream.name, seq=acknowledged + 1, next=True, subject=consumer.stream.subject
        )
    except NotFoundError:  # acknowledged, or expired, since
        return now
    return oldest.time


@asynccontextmanager
async def watched(url: str, consumers: Mapping[str, Consumer]) -> AsyncIterator[Progress]:
    """Keeps a `Progress` while the body runs, whether NATS is there or not."""
    progress = Progress(consumers)
    stop = asyncio.Event()
    watching = asyncio.create_task(_watch(url, progress, stop))
    try:
        yield progress
    finally:
        stop.set()
        watching.cancel()
        await asyncio.wait([watching])


async def _watch(url: str, progress: Progress, stop: asyncio.Event) -> None:
    """Until `stop`: to be cancelled is not enough, as nats-py's waiting may lose a cancellation."""
    while not stop.is_set():
        try:
            async with connect(url) as client:
                while not stop.is_set():
                    await progress.look(client.jetstream())
                    await asyncio.sleep(LOOK_EVERY)
        except (DependencyUnavailableError, NatsError, OSError, TimeoutError):
            await asyncio.sleep(LOOK_EVERY)
        except Exception:  # whatever it is, what is known stays true, and is asked for again
            logger().exception("consumers cannot be watched")
            await asyncio.sleep(LOOK_EVERY)
