"""Feeds the product's streams: history as fast as JetStream stores it, then live traffic in real time."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

from nats.aio.client import Client

from demo.jetstream import Publisher
from demo.traffic import Outbox, live
from demo.wire import Message
from demo.world import World
from infra.telemetry import logger

WINDOW: Final = 4_000  # unacknowledged messages at most
CHUNK: Final = 500  # messages between two reports of progress
PATIENCE: Final = 15.0  # seconds without a stored message until publishing fails
TICK: Final = 0.5  # seconds between two publications of live traffic
STEP: Final = timedelta(seconds=10)  # live traffic per publication while it catches up

Progress = Callable[[int], None]
"""Called with the number of messages stored so far."""
Watch = Callable[[Message], None]
"""Called with each message, before it is published."""


def _ignore(_: object) -> None:
    """The default for `on_progress` and `watch`."""


async def publish(
    nc: Client, messages: Iterable[Message], on_progress: Progress = _ignore, *, patience: float = PATIENCE
) -> int:
    """Publishes all messages. Returns their number when all are stored.

    Raises NotStoredError if JetStream refuses one, or stores none for `patience` seconds.
    """
    async with Publisher(nc, patience) as publisher:
        for chunk in _chunks(messages):
            for message in chunk:
                await publisher.send(message)
            await publisher.down_to(WINDOW)
            on_progress(publisher.stored)
            await asyncio.sleep(0)  # lets replies and other tasks of the loop run
        await publisher.down_to(0)
        on_progress(publisher.stored)
        return publisher.stored


async def run_live(
    nc: Client,
    world: World,
    since: datetime,
    rate: float = 20.0,
    outbox: Outbox | None = None,
    on_progress: Progress = _ignore,
    *,
    watch: Watch = _ignore,
    patience: float = PATIENCE,
) -> None:
    """Publishes the events of `rate` messages per second, from `since` on until cancelled.

    `outbox`: the history's events that are not due yet. While NATS is unavailable, traffic waits; none is dropped.
    """
    outbox = Outbox() if outbox is None else outbox
    troubled = False
    async with Publisher(nc, patience) as publisher:
        while True:
            if publisher.under_way < WINDOW:
                since = await _publish_step(publisher, world, since, rate, outbox, watch)
            late = await publisher.send_again()
            troubled = _report(publisher, troubled, late)
            on_progress(publisher.stored)
            behind = datetime.now(UTC) - since > STEP and publisher.under_way < WINDOW
            await asyncio.sleep(0 if behind else TICK)


async def _publish_step(
    publisher: Publisher, world: World, since: datetime, rate: float, outbox: Outbox, watch: Watch
) -> datetime:
    """Publishes the next step of live traffic. Returns the instant up to which traffic is published."""
    until = min(datetime.now(UTC), since + STEP)
    if until <= since:  # the clock was set back
        return since
    for message in live(world, since, until, rate, outbox):
        watch(message)
        await publisher.send(message)
    return until


def _report(publisher: Publisher, troubled: bool, late: int) -> bool:
    """Logs one line when an outage begins and one when all is stored again. Returns whether the outage lasts."""
    if troubled and not publisher.under_way:
        publisher.refusal = None
        logger().info("demo traffic is stored again", stored=publisher.stored)
        return False
    if not troubled and (late or publisher.refusal):
        reason = publisher.refusal or "NATS does not answer"
        logger().warning("demo traffic waits", reason=reason, waiting=publisher.under_way)
        return True
    return troubled


def _chunks(messages: Iterable[Message]) -> Iterator[list[Message]]:
    iterator = iter(messages)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
