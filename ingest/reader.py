"""Reads a durable pull consumer in large batches through one subscription of our own.

nats-py's `fetch` costs 20-25 us a message (a task and a UUID for each); overlapping `CONSUMER.MSG.NEXT` requests
that deliver frames to one inbox cost 2, and a batch can linger for company.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from infra.errors import AnlytError
from infra.frames import Frame, FrameClient
from infra.telemetry import logger

HEARTBEAT: Final = 1.0
EXPIRES: Final = 30.0
# A request stops at this many bytes. Two fit into what a server lets wait for a connection (64 MiB, unless it is told
# otherwise), or it would cut off a worker that decodes instead of reading.
MAX_BYTES: Final = 24 << 20
# Of a message, besides its payload: a request for less than a whole one would be blocked by it.
SUBJECTS: Final = 64 << 10
PAUSE: Final = 0.2  # before asking again when nobody serves the consumer


class Reader:
    """One worker's end of a durable consumer: `batch` waits for messages, `close` gives back what was not taken."""

    def __init__(
        self, client: FrameClient, stream: str, durable: str, size: int, restore: Callable[[], Awaitable[object]]
    ) -> None:
        """`restore` makes the consumer again if it is gone; it is called when nobody serves it."""
        self._client, self._size, self._restore = client, size, restore
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._inbox = client.new_inbox()
        self._buffer: deque[Frame] = deque()
        self._asked = 0  # messages requested and not delivered yet
        self._heard = time.monotonic()
        self._absent = False  # the server said that nobody serves the consumer now
        self._wrong = ""  # why it cannot be restored, as was logged last
        self._news = asyncio.Event()
        self._subscription: Subscription | None = None

    async def open(self) -> None:
        self._subscription = await self._client.take(self._inbox, self._on_message)

    async def batch(self, linger: float) -> Sequence[Frame]:
        """Up to `size` messages: at once when that many are there, else after `linger` seconds; may be empty."""
        if self._absent:
            await asyncio.sleep(PAUSE)
            await self._try_restore()
        await self._ask()
        deadline = time.monotonic() + linger
        while len(self._buffer) < self._size and (left := deadline - time.monotonic()) > 0 and not self._absent:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except TimeoutError:
                break
        self._forget_lost_requests()
        return [self._buffer.popleft() for _ in range(min(self._size, len(self._buffer)))]

    async def close(self, in_hand: Sequence[Frame] = ()) -> None:
        """Stops asking, then hands back to the server what is `in_hand` and what nobody took.

        In this order: what is handed back while requests are open comes straight back here.
        """
        if self._subscription is None:
            return
        try:
            # What is on its way still arrives; an unsubscription would drop it.
            await self._subscription.drain()  # type: ignore[no-untyped-call]  # nats-py leaves it untyped
            await self._client.publish_all([message.reply for message in (*in_hand, *self._buffer)], b"-NAK")
            await self._client.flush(timeout=2)
        except NatsError:
            pass  # the server is away: it redelivers after the ack wait
        self._buffer.clear()

    async def _try_restore(self) -> None:
        try:
            await self._restore()
            self._absent, self._wrong = False, ""
        except (NatsError, TimeoutError, AnlytError) as error:
            self._absent = True
            if isinstance(error, AnlytError) and str(error) != self._wrong:  # said once: it is tried again soon
                self._wrong = str(error)
                logger().error("consumer cannot be restored", why=self._wrong)

    async def _ask(self) -> None:
        """Keeps a request ahead, and never two, so that the next batch travels while this one is written."""
        while self._asked + len(self._buffer) <= self._size:
            request = {
                "batch": self._size,
                "max_bytes": max(MAX_BYTES, self._client.max_payload + SUBJECTS),
                "expires": int(EXPIRES * 1e9),
                "idle_heartbeat": int(HEARTBEAT * 1e9),
            }
            await self._client.publish(self._subject, json.dumps(request).encode(), reply=self._inbox)
            self._asked += self._size

    def _on_message(self, message: Frame) -> None:
        self._heard = time.monotonic()
        if not message.reply:  # an event has its position there, whatever headers its producer gave it
            self._on_status(message)
        else:
            self._asked -= 1
            self._buffer.append(message)
            if 1 < len(self._buffer) < self._size:
                return
        self._news.set()

    def _on_status(self, message: Frame) -> None:
        """100 is a heartbeat; 404, 408 and most 409 end one request; everything else ends all of them."""
        status, words = message.status()
        if status == "100":
            return
        gone = any(word in words for word in ("Deleted", "Leadership", "Shutdown"))
        if status in {"404", "408", "409"} and not gone:
            undelivered = message.header("Nats-Pending-Messages")
            self._asked = max(0, self._asked - int(undelivered)) if undelivered else 0
        else:
            self._asked, self._absent = 0, True

    def _forget_lost_requests(self) -> None:
        """Requests die silently with a server; silence for three heartbeats says so."""
        if not self._buffer and time.monotonic() - self._heard > 3 * HEARTBEAT:
            self._asked, self._heard = 0, time.monotonic()
