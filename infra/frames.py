"""A short way through nats-py for messages by the million: taken as bytes, answered many at a time.

A message costs nats-py two regular expressions, a dict of headers, a queue and a coroutine: docs/decisions/0033. All
else stays with it: connecting, TLS, credentials, reconnecting, every other frame of the protocol.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Final

from msgspec import Struct
from nats.aio.client import DEFAULT_FLUSH_TIMEOUT, Client
from nats.aio.subscription import Subscription
from nats.errors import ConnectionClosedError, FlushTimeoutError, ProtocolError
from nats.protocol.parser import Parser

from infra.errors import MisconfiguredError

LINE_END: Final = b"\r\n"
MESSAGES: Final = (b"HMSG ", b"MSG ")


class Frame(Struct, frozen=True, gc=False):
    """A message as it came over the wire; `reply` and `head` may be empty."""

    subject: bytes
    reply: bytes
    head: bytes
    data: bytes

    def header(self, name: str) -> str | None:
        """The value of a header; of one that stands there more than once, the last."""
        return self.headers().get(name) if self.head and name.encode() in self.head else None

    def headers(self) -> Mapping[str, str]:
        """All headers, by name."""
        pairs = (line.partition(":") for line in self.head.decode(errors="replace").split("\r\n")[1:])
        return {name.strip(): value.strip() for name, separator, value in pairs if separator}

    def status(self) -> tuple[str, str]:
        """The code and the words with which a server tells of a request; empty if it is a message like others."""
        line = self.head.partition(LINE_END)[0].decode()
        code, _, words = line.removeprefix("NATS/1.0").strip().partition(" ")
        return code, words


Taker = Callable[[Frame], None]


class FrameParser(Parser):
    """nats-py's parser, fed with whole frames only, and without those that somebody takes as bytes."""

    def __init__(self, client: Client) -> None:
        self.takers: dict[bytes, Taker] = {}  # by subscription id
        super().__init__(client)

    def reset(self) -> None:
        """Forgets what came of a frame over a connection that is gone."""
        super().reset()
        self._received = bytearray()
        self._wanted = 0  # bytes until the first frame is whole, as far as that is known

    async def parse(self, data: bytes = b"") -> None:
        """ProtocolError, on which the client reconnects, if it is not NATS's protocol."""
        self._received += data
        if len(self._received) >= self._wanted:
            del self._received[: await self._parse_frames(bytes(self._received))]

    async def _parse_frames(self, received: bytes) -> int:
        """Parses all that are whole; how many bytes they are."""
        start = self._wanted = 0
        while (line_end := received.find(LINE_END, start)) >= 0:
            end = line_end + 2
            taker = None
            if received.startswith(MESSAGES, start):
                words, size = _control(received[start:line_end])
                end += size + 2
                if end > len(received):
                    self._wanted = end - start
                    break
                taker = self.takers.get(words[2])
            if taker is None:
                await super().parse(received[start:end])
            else:
                taker(_frame(words, received[line_end + 2 : end - 2]))
            start = end
        return start


def _control(line: bytes) -> tuple[list[bytes], int]:
    """A control line's words, and the size of what follows it."""
    words = line.split()
    if not 4 <= len(words) <= 6 or not words[-1].isdigit():
        raise ProtocolError("nats: malformed MSG")
    return words, int(words[-1])


def _frame(words: list[bytes], payload: bytes) -> Frame:
    """`MSG subject id [reply] size`, or `HMSG subject id [reply] size-of-headers size-of-all`."""
    if words[0] == b"MSG":
        return Frame(words[1], words[3] if len(words) == 5 else b"", b"", payload)
    head = int(words[-2])
    return Frame(words[1], words[3] if len(words) == 6 else b"", payload[:head], payload[head:])


class FrameClient(Client):
    """nats-py's client, which can also hand out frames and answer many at once."""

    def __init__(self) -> None:
        super().__init__()
        self._ps: FrameParser = FrameParser(self)
        self._fault: MisconfiguredError | None = None
        self._refused = asyncio.Event()

    def note(self, fault: MisconfiguredError) -> bool:
        """Notes that the server refuses what the setting says; whether that is new."""
        is_new, self._fault = self._fault is None, fault
        self._refused.set()
        return is_new

    async def refused(self) -> None:
        """Waits until the server refuses what the setting says: MisconfiguredError."""
        await self._refused.wait()
        assert self._fault is not None
        raise self._fault

    async def take(self, subject: str, taker: Taker) -> Subscription:
        """Gives every message of a subject to `taker`, at once and in order; until the subscription is drained."""
        subscription = await self.subscribe(subject)
        self._ps.takers[b"%d" % subscription._id] = taker
        return subscription

    async def publish_all(self, subjects: Collection[bytes], payload: bytes) -> None:
        """Publishes the same to each subject, in one write."""
        if self.is_closed:
            raise ConnectionClosedError
        if not subjects:
            return
        end = b" %d\r\n%b\r\n" % (len(payload), payload)
        await self._send_command(b"PUB " + (end + b"PUB ").join(subjects) + end)
        await self._flush_pending()

    async def flush(self, timeout: int = DEFAULT_FLUSH_TIMEOUT) -> None:  # noqa: ASYNC109  # the library's signature
        """Returns when the server has what was sent: the library's PING overtakes what waits to be written.

        FlushTimeoutError if that takes too long, of which each of the two may take `timeout` seconds.
        """
        try:
            await asyncio.wait_for(self._flush_pending(force_flush=True), timeout)
        except TimeoutError as error:
            raise FlushTimeoutError from error
        await super().flush(timeout)

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        """Called by the library when a subscription ends."""
        super()._remove_sub(sid, max_msgs)
        self._ps.takers.pop(b"%d" % sid, None)
