"""Load over some seconds, and accidents during it."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random

import psutil
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from functions.function import AnyFunction
from infra.embedded.engine import Engine
from schema.streams import Stream
from tests.support.platform import Platform
from tests.support.validity import Message

# Seconds until a killed worker's messages are redelivered; short, so that each accident ends in a redelivery.
ACK_WAIT = 1.5
CHUNK = 100


async def make_short_ack_consumers(
    platform: Platform, functions: Sequence[AnyFunction], ack_wait: float = ACK_WAIT
) -> None:
    """Creates the functions' durable consumers, which redeliver after `ack_wait` seconds."""
    for function in functions:
        config = ConsumerConfig(
            durable_name=function.durable,
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=ack_wait,
            max_deliver=-1,
            max_ack_pending=60_000,
        )
        await platform.jetstream.add_consumer(function.stream.name, config)


async def flood(platform: Platform, stream: Stream, messages: Sequence[Message], seconds: float) -> None:
    """Publishes messages evenly over some seconds. Retries each until it is stored, as a producer's outbox does."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for first in range(0, len(messages), CHUNK):
        await asyncio.sleep(began + seconds * first / len(messages) - loop.time())
        chunk = messages[first : first + CHUNK]
        await asyncio.gather(*[_publish(platform, stream, message) for message in chunk])


async def _publish(platform: Platform, stream: Stream, message: Message) -> None:
    headers = dict(message.headers) if message.headers else None
    while True:
        try:
            await platform.jetstream.publish(stream.subject, message.data, timeout=1, headers=headers)
        except NatsError:
            await asyncio.sleep(0.1)
        else:
            return


async def accidents(random: Random, happen: Sequence[Callable[[], Awaitable[object]]], pause: float) -> None:
    """Runs the accidents one after another, each after a random pause of `pause` seconds on average."""
    for accident in happen:
        await asyncio.sleep(random.uniform(0, 2) * pause)
        await accident()


@contextmanager
def frozen(engine: Engine) -> Iterator[None]:
    """Suspends all processes of an engine during the body: it accepts connections but answers none."""
    processes = [psutil.Process(engine.pid), *psutil.Process(engine.pid).children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            if process.is_running():
                os.kill(process.pid, signal.SIGCONT)
