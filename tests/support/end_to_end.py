"""What end-to-end tests do with a running service: publish to it, and wait for its answers."""

import time
from collections.abc import Callable

from infra import nats
from tests.support.cli import PATIENCE
from tests.support.validity import Message


async def publish(url: str, subject: str, *messages: Message) -> None:
    """Publishes messages over a connection of their own."""
    async with nats.connect(url) as client:
        for message in messages:
            headers = dict(message.headers) if message.headers else None
            await client.jetstream().publish(subject, message.data, headers=headers)


def eventually(condition: Callable[[], object]) -> None:
    """Waits until a condition is true. Fails after PATIENCE seconds."""
    eventually_equal(lambda: bool(condition()), True)


def eventually_equal(read: Callable[[], object], expected: object) -> None:
    """Waits until `read` returns `expected`. Fails after PATIENCE seconds with what it returned last."""
    deadline = time.monotonic() + PATIENCE
    while (last := read()) != expected:
        assert time.monotonic() < deadline, last
        time.sleep(0.1)
