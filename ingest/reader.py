"""Reads a durable pull consumer in large batches through one subscription.

nats-py's `fetch` costs 20-25 us per message, because it makes a task and a UUID for each. Overlapping
`CONSUMER.MSG.NEXT` requests that deliver to one inbox cost 2 us, and let a batch wait for more messages.

Batches follow the load. While the stream has more, a batch waits until it is full. When the stream has no more, it
waits only for its distance to the last batch: a first event is taken at once, and many small batches cannot keep a
store busy, because the distance grows with the time that a batch takes.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Final

from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from infra.errors import AnlytError
from infra.frames import Frame, FrameClient
from infra.telemetry import logger
from ingest.messages import is_newest

HEARTBEAT: Final = 1.0
EXPIRES: Final = 30.0
# A request ends at this many bytes. A server closes a connection on which more than `max_pending` (64 MiB by default)
# waits, also that of a worker that decodes instead of reading: two requests have to fit.
MAX_BYTES: Final = 24 << 20
# Bytes of a message besides its payload: a message larger than the request would block it.
OVERHEAD: Final = 64 << 10
# Batches are at least so many times as far apart as one takes: small ones take half of the time at most.
REST: Final = 2
RESTORE_PAUSE: Final = 0.2  # seconds before another request when no server serves the consumer


class Reader:
    """Reads a durable consumer for one worker: `batch` waits for messages, `close` gives back unprocessed ones."""

    def __init__(
        self,
        client: FrameClient,
        stream: str,
        durable: str,
        size: int,
        restore: Callable[[], Awaitable[object]],
        apart: float = 0,
    ) -> None:
        """`size`: messages per batch. `restore` makes a missing consumer again; called when no server serves it.

        `apart`: the least distance between two batches that are not full, in seconds.
        """
        self._client, self._size, self._restore, self._apart = client, size, restore, apart
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._inbox = client.new_inbox()
        self._buffer: deque[Frame] = deque()
        self._requested = 0  # messages requested and not delivered yet
        self._last_message_at = time.monotonic()
        self._unserved = False  # the server reported that the consumer is gone or has no leader
        self._logged_problem = ""  # why it cannot be restored, as logged last
        self._changed = asyncio.Event()
        self._is_looking = False  # `_look` is scheduled, behind the messages that arrived together
        self._had_all = False  # whether the consumer had nothing more to deliver at the last `_look`
        self._in_hand: dict[int, tuple[float, Sequence[Frame]]] = {}  # batches by identity, and when they were taken
        self._last_batch_at = float("-inf")
        self._took = 0.0  # seconds from taking a batch to `done`
        self._subscription: Subscription | None = None

    async def open(self) -> None:
        self._subscription = await self._client.subscribe_frames(self._inbox, self._on_message)

    async def batch(self, longest: float) -> Sequence[Frame]:
        """Up to `size` messages: as soon as so many arrived, or the stream has no more, or after `longest` seconds.

        May be empty. One caller at a time; it calls `done` when it has processed its batch.
        """
        if self._unserved:
            await asyncio.sleep(RESTORE_PAUSE)
            await self._try_restore()
        await self._request_ahead()
        deadline = time.monotonic() + longest
        while (left := self._closes_at(deadline) - time.monotonic()) > 0:
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), left)
        self._forget_lost_requests()
        return self._take()

    def done(self, batch: Sequence[Frame]) -> None:
        """Notes that a batch was processed: `close` does not give it back."""
        if id(batch) in self._in_hand:  # an empty one is not
            taken_at, _ = self._in_hand.pop(id(batch))
            self._took = time.monotonic() - taken_at

    async def close(self) -> None:
        """Ends the subscription, then negatively acknowledges the batches that are not done and the unread messages.

        The order matters: open requests would deliver these messages here again.
        """
        if self._subscription is None:
            return
        try:
            # A drain still receives messages that are on their way; an unsubscription would drop them.
            await self._subscription.drain()  # type: ignore[no-untyped-call]  # nats-py leaves it untyped
            unprocessed = chain(self._buffer, *[batch for _, batch in self._in_hand.values()])
            await self._client.publish_all([message.reply for message in unprocessed], b"-NAK")
            await self._client.flush(timeout=2)
        except NatsError:
            pass  # the server is unavailable: it redelivers after the ack wait
        self._buffer.clear()

    def _closes_at(self, deadline: float) -> float:
        """When the batch ends as things are, in seconds of the monotonic clock."""
        if len(self._buffer) >= self._size or self._unserved:
            return 0
        if not self._has_all():
            return deadline
        return min(deadline, self._last_batch_at + max(self._apart, REST * self._took))

    def _has_all(self) -> bool:
        """Whether the consumer had nothing more to deliver behind the newest message here."""
        return bool(self._buffer) and is_newest(self._buffer[-1])

    def _take(self) -> Sequence[Frame]:
        batch = [self._buffer.popleft() for _ in range(min(self._size, len(self._buffer)))]
        if batch:
            self._last_batch_at = time.monotonic()
            self._in_hand[id(batch)] = self._last_batch_at, batch
            self._had_all = False
        return batch

    async def _try_restore(self) -> None:
        try:
            await self._restore()
            self._unserved, self._logged_problem = False, ""
        except (NatsError, TimeoutError, AnlytError) as error:
            self._unserved = True
            if isinstance(error, AnlytError) and str(error) != self._logged_problem:  # once: a retry follows soon
                self._logged_problem = str(error)
                logger().error("consumer cannot be restored", why=self._logged_problem)

    async def _request_ahead(self) -> None:
        """Keeps one request ahead, so that the next batch travels while this one is written."""
        while self._requested + len(self._buffer) <= self._size:
            request = {
                "batch": self._size,
                "max_bytes": max(MAX_BYTES, self._client.max_payload + OVERHEAD),
                "expires": int(EXPIRES * 1e9),
                "idle_heartbeat": int(HEARTBEAT * 1e9),
            }
            await self._client.publish(self._subject, json.dumps(request).encode(), reply=self._inbox)
            self._requested += self._size

    def _on_message(self, message: Frame) -> None:
        self._last_message_at = time.monotonic()
        if not self._is_looking:
            self._is_looking = True
            asyncio.get_running_loop().call_soon(self._look)
        if message.reply:
            self._requested -= 1
            self._buffer.append(message)
        else:  # events have a reply subject; a producer may set a status header itself
            self._on_status(message)

    def _look(self) -> None:
        """Wakes the caller of `batch` if what arrived together may end its batch."""
        had_all, self._had_all, self._is_looking = self._had_all, self._has_all(), False
        if self._had_all != had_all or len(self._buffer) >= self._size or self._unserved:
            self._changed.set()

    def _on_status(self, message: Frame) -> None:
        """Handles a status: 100 is a heartbeat; 404, 408 and most 409 end one request; all others end every request."""
        status, words = message.status()
        if status == "100":
            return
        gone = any(word in words for word in ("Deleted", "Leadership", "Shutdown"))
        if status in {"404", "408", "409"} and not gone:
            undelivered = message.header("Nats-Pending-Messages")
            self._requested = max(0, self._requested - int(undelivered)) if undelivered else 0
        else:
            self._requested, self._unserved = 0, True

    def _forget_lost_requests(self) -> None:
        """Forgets open requests after three heartbeats of silence: they end silently with their server."""
        if not self._buffer and time.monotonic() - self._last_message_at > 3 * HEARTBEAT:
            self._requested, self._last_message_at = 0, time.monotonic()
