"""Load that lasts, and accidents that happen meanwhile."""

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

# What a killed worker had in hand comes again after this, in seconds; every accident shall end in a redelivery.
ACK_WAIT = 1.5
AT_ONCE = 100


async def make_impatient(platform: Platform, functions: Sequence[AnyFunction]) -> None:
    """Makes the functions' consumers, with `ACK_WAIT`."""
    for function in functions:
        config = ConsumerConfig(
            durable_name=function.durable,
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=ACK_WAIT,
            max_deliver=-1,
            max_ack_pending=60_000,
        )
        await platform.jetstream.add_consumer(function.stream.name, config)


async def flood(platform: Platform, stream: Stream, messages: Sequence[Message], seconds: float) -> None:
    """Publishes the messages evenly over some seconds, each until it is stored, as a producer's outbox does."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for first in range(0, len(messages), AT_ONCE):
        await asyncio.sleep(began + seconds * first / len(messages) - loop.time())
        chunk = messages[first : first + AT_ONCE]
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
    """These, one after another, with a pause of about so many seconds before each."""
    for accident in happen:
        await asyncio.sleep(random.uniform(0, 2) * pause)
        await accident()


@contextmanager
def frozen(engine: Engine) -> Iterator[None]:
    """No process of the engine does anything meanwhile: it accepts connections, and answers none."""
    processes = [psutil.Process(engine.pid), *psutil.Process(engine.pid).children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            if process.is_running():
                os.kill(process.pid, signal.SIGCONT)
