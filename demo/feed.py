"""Feeds the product's streams: history as fast as they take it, then live traffic at the speed of the clock."""

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

WINDOW: Final = 4_000  # messages under way at once
CHUNK: Final = 500  # messages between two reports of progress
PATIENCE: Final = 15.0  # seconds without any answer from JetStream
TICK: Final = 0.5  # seconds
STEP: Final = timedelta(seconds=10)  # of live traffic told at once, when there is time to make up for

Progress = Callable[[int], None]
"""Called with the number of messages stored so far."""
Watch = Callable[[Message], None]
"""Called with each message, before it is published."""


def _ignore(_: object) -> None:
    """For who does not ask about progress, or about messages."""


async def publish(
    nc: Client, messages: Iterable[Message], on_progress: Progress = _ignore, *, patience: float = PATIENCE
) -> int:
    """Publishes everything; returns how many messages were stored, which is all of them.

    Raises NotStoredError when JetStream refuses one or stores nothing for `patience` seconds.
    """
    async with Publisher(nc, patience) as publisher:
        for chunk in _chunks(messages):
            for message in chunk:
                await publisher.send(message)
            await publisher.down_to(WINDOW)
            on_progress(publisher.stored)
            await asyncio.sleep(0)  # lets answers in, and whoever shares the loop
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
    """Publishes `rate` messages a second with all that follows from them, from `since` on until cancelled.

    `outbox` holds what history left untold; `watch` is called with each message.
    While NATS is away the traffic waits for it: nothing is dropped.
    """
    outbox = Outbox() if outbox is None else outbox
    troubled = False
    async with Publisher(nc, patience) as publisher:
        while True:
            if publisher.under_way < WINDOW:
                since = await _tell(publisher, world, since, rate, outbox, watch)
            late = await publisher.send_again()
            troubled = _report(publisher, troubled, late)
            on_progress(publisher.stored)
            behind = datetime.now(UTC) - since > STEP and publisher.under_way < WINDOW
            await asyncio.sleep(0 if behind else TICK)


async def _tell(
    publisher: Publisher, world: World, since: datetime, rate: float, outbox: Outbox, watch: Watch
) -> datetime:
    """Publishes the next of live traffic and returns the instant up to which it is told now."""
    until = min(datetime.now(UTC), since + STEP)
    if until <= since:  # somebody set the clock back
        return since
    for message in live(world, since, until, rate, outbox):
        watch(message)
        await publisher.send(message)
    return until


def _report(publisher: Publisher, troubled: bool, late: int) -> bool:
    """One line in the log when an outage is noticed and one when all is stored again; returns whether it lasts."""
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
