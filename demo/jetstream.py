"""Publishes to JetStream with many unacknowledged messages at once, and keeps each until it is stored.

`js.publish` waits for each reply. Here, each message has its own reply address below one inbox, where the stream
acknowledges it. Unacknowledged messages are sent again, so a message may be stored twice but is never lost.
"""

import asyncio
from math import inf
from time import monotonic
from typing import Final, Self

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from demo.wire import Message
from infra.cancelling import raise_if_cancelled
from infra.errors import DependencyUnavailableError


class NotStoredError(DependencyUnavailableError):
    """JetStream does not store a message; the sentence says why."""


class _Refusal(msgspec.Struct):
    description: str = "no reason given"


class _Answer(msgspec.Struct):
    """JetStream's reply to a publication: `error` is absent when the message is stored."""

    error: _Refusal | None = None


# The server answers with a header and no body if nothing subscribes to the subject.
_NO_STREAM: Final = _Refusal("no stream stores it; see that JetStream is enabled and the stream exists")
_decode: Final = msgspec.json.Decoder(_Answer).decode


class Publisher:
    """Publishes over one connection and counts stored messages. Use it with `async with`."""

    def __init__(self, nc: Client, patience: float) -> None:
        """`patience`: in seconds. An unacknowledged message is sent again after a third of it."""
        self.stored = 0
        self.refusal: str | None = None  # the newest, with its subject
        self._nc = nc
        self._patience, self._retry = patience, patience / 3
        self._inbox = nc.new_inbox()
        self._subscription: Subscription | None = None
        self._numbered = 0
        self._under_way: dict[str, tuple[Message, float]] = {}  # by reply address, with the time of the last try
        self._goal = 0
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._subscription = await self._nc.subscribe(f"{self._inbox}.*", cb=self._on_answer)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._subscription and not self._nc.is_closed:
            await self._subscription.unsubscribe()

    @property
    def under_way(self) -> int:
        """The number of unacknowledged messages."""
        return len(self._under_way)

    async def send(self, message: Message) -> None:
        """Sends the message; without a connection, keeps it for `send_again`."""
        self._numbered += 1
        await self._send(f"{self._inbox}.{self._numbered}", message)

    async def send_again(self) -> int:
        """Sends messages again that are unacknowledged for too long. Returns their number."""
        long_ago = monotonic() - self._retry
        late = [(address, message) for address, (message, tried) in self._under_way.items() if tried < long_ago]
        if self._nc.is_connected:
            for address, message in late:
                if address in self._under_way:  # it may have been acknowledged meanwhile
                    await self._send(address, message)
        return len(late)

    async def down_to(self, goal: int) -> None:
        """Waits until at most `goal` messages are unacknowledged.

        Raises NotStoredError if JetStream refuses one, or stores none for `patience` seconds.
        """
        self._goal = goal
        stored, since = self.stored, monotonic()
        while self.under_way > goal:
            if self.refusal is not None:
                raise NotStoredError(self.refusal)
            if not await self._changes_within(self._retry):
                await self.send_again()
            if self.stored > stored:
                stored, since = self.stored, monotonic()
            elif monotonic() - since > self._patience:
                raise NotStoredError(
                    f"JetStream stored nothing for {self._patience:g} s. See that NATS runs and that "
                    "its disk is not full, then start again."
                )

    async def _send(self, address: str, message: Message) -> None:
        self._under_way[address] = (message, monotonic() if self._nc.is_connected else -inf)
        if self._nc.is_connected:
            await self._nc.publish(message.subject, message.data, address, message.headers)
        elif self._nc.is_closed:
            raise NotStoredError("The connection to NATS was closed.")
        raise_if_cancelled()  # nats-py swallows a cancellation while it flushes

    async def _on_answer(self, reply: Msg) -> None:
        error = _NO_STREAM if reply.headers else _decode(reply.data).error
        if error is None:
            self.stored += self._under_way.pop(reply.subject, None) is not None
        elif reply.subject in self._under_way:
            message, _ = self._under_way[reply.subject]
            self.refusal = f"JetStream refuses {message.subject}: {error.description}"
        if error or self.under_way <= self._goal:
            self._changed.set()

    async def _changes_within(self, seconds: float) -> bool:
        """Whether a message is refused, or the goal is reached, within `seconds`."""
        self._changed.clear()
        try:
            async with asyncio.timeout(seconds):
                return await self._changed.wait()
        except TimeoutError:
            return False
