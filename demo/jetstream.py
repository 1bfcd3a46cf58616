"""Publishing to JetStream fast and surely: many messages under way at once, each kept until it is stored.

`js.publish` waits for every single answer. Here each message has a reply address of its own under one inbox, and the
stream's answer to that address says that it is stored. What stays unanswered is sent again, so that a message may
be stored twice but is never lost.
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
    """JetStream does not store what is published; the sentence says why."""


class _Refusal(msgspec.Struct):
    description: str = "no reason given"


class _Answer(msgspec.Struct):
    """JetStream's reply to a publication: `error` is absent when the message is stored."""

    error: _Refusal | None = None


# The server itself answers so, with a header and no body, when nobody listens to the subject.
_NO_STREAM: Final = _Refusal("no stream takes it; is JetStream on and the stream made?")
_decode: Final = msgspec.json.Decoder(_Answer).decode


class Publisher:
    """Messages under way over one connection; used with `async with`."""

    def __init__(self, nc: Client, patience: float) -> None:
        """`patience`: seconds; without an answer a message is sent again after a third of it."""
        self.stored = 0
        self.refusal: str | None = None  # the newest, with its subject
        self._nc = nc
        self._patience, self._retry = patience, patience / 3
        self._inbox = nc.new_inbox()
        self._subscription: Subscription | None = None
        self._numbered = 0
        self._under_way: dict[str, tuple[Message, float]] = {}  # by reply address, with the time of the last try
        self._goal = 0
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._subscription = await self._nc.subscribe(f"{self._inbox}.*", cb=self._on_answer)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._subscription and not self._nc.is_closed:
            await self._subscription.unsubscribe()

    @property
    def under_way(self) -> int:
        return len(self._under_way)

    async def send(self, message: Message) -> None:
        """Returns when the message is on its way or, while there is no connection, noted for `send_again`."""
        self._numbered += 1
        await self._send(f"{self._inbox}.{self._numbered}", message)

    async def send_again(self) -> int:
        """Repeats what has gone unanswered for too long; returns how many messages that concerns."""
        long_ago = monotonic() - self._retry
        late = [(address, message) for address, (message, tried) in self._under_way.items() if tried < long_ago]
        if self._nc.is_connected:
            for address, message in late:
                if address in self._under_way:  # not answered while the others were sent
                    await self._send(address, message)
        return len(late)

    async def down_to(self, goal: int) -> None:
        """Waits until at most `goal` messages are under way.

        Raises NotStoredError when one is refused, and when none is stored for as long as the patience lasts.
        """
        self._goal = goal
        stored, since = self.stored, monotonic()
        while self.under_way > goal:
            if self.refusal is not None:
                raise NotStoredError(self.refusal)
            if not await self._news_within(self._retry):
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
        raise_if_cancelled()  # nats-py swallows a cancellation that reaches it while it flushes

    async def _on_answer(self, reply: Msg) -> None:
        error = _NO_STREAM if reply.headers else _decode(reply.data).error
        if error is None:
            self.stored += self._under_way.pop(reply.subject, None) is not None
        elif reply.subject in self._under_way:
            message, _ = self._under_way[reply.subject]
            self.refusal = f"JetStream refuses {message.subject}: {error.description}"
        if error or self.under_way <= self._goal:
            self._news.set()

    async def _news_within(self, seconds: float) -> bool:
        """Whether a message was refused, or the goal reached, within so many seconds."""
        self._news.clear()
        try:
            async with asyncio.timeout(seconds):
                return await self._news.wait()
        except TimeoutError:
            return False
