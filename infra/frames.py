"""A fast path through nats-py for millions of messages: delivered as bytes, acknowledged many at a time.

Per message, nats-py runs two regular expressions and makes a dict of headers, a queue entry and a coroutine:
docs/decisions/0033. nats-py still does the rest: connecting, TLS, credentials, reconnecting, all other frames.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Final

from msgspec import Struct
from nats.aio.client import DEFAULT_FLUSH_TIMEOUT, Client, Srv
from nats.aio.subscription import Subscription
from nats.errors import ConnectionClosedError, FlushTimeoutError, ProtocolError
from nats.protocol.parser import Parser

from infra.errors import MisconfiguredError

LINE_END: Final = b"\r\n"
MESSAGES: Final = (b"HMSG ", b"MSG ")


class Frame(Struct, frozen=True, gc=False):
    """A message as it arrived. `head` has the status line and headers; `reply` and `head` may be empty."""

    subject: bytes
    reply: bytes
    head: bytes
    data: bytes

    def header(self, name: str) -> str | None:
        """The value of a header, None if it is missing. A repeated header has its last value."""
        return self.headers().get(name) if self.head and name.encode() in self.head else None

    def headers(self) -> Mapping[str, str]:
        """All headers by name. A repeated header has its last value."""
        pairs = (line.partition(":") for line in self.head.decode(errors="replace").split("\r\n")[1:])
        return {name.strip(): value.strip() for name, separator, value in pairs if separator}

    def status(self) -> tuple[str, str]:
        """Code and text of a server's status message, such as ("503", ""). Both are empty for other messages."""
        line = self.head.partition(LINE_END)[0].decode()
        code, _, words = line.removeprefix("NATS/1.0").strip().partition(" ")
        return code, words


FrameHandler = Callable[[Frame], None]


class FrameParser(Parser):
    """Passes the messages of some subscriptions to handlers, and all other frames to nats-py's parser, each whole."""

    def __init__(self, client: Client) -> None:
        self.handlers: dict[bytes, FrameHandler] = {}  # by subscription id
        super().__init__(client)

    def reset(self) -> None:
        """Discards the incomplete frame of a lost connection."""
        super().reset()
        self._received = bytearray()
        self._wanted = 0  # bytes that the first frame needs to be whole; 0 while that is unknown

    async def parse(self, data: bytes = b"") -> None:
        """Parses received bytes. Raises ProtocolError, on which the client reconnects, for malformed ones."""
        self._received += data
        if len(self._received) >= self._wanted:
            del self._received[: await self._parse_frames(bytes(self._received))]

    async def _parse_frames(self, received: bytes) -> int:
        """Parses all whole frames. Returns their size in bytes."""
        start = self._wanted = 0
        while (line_end := received.find(LINE_END, start)) >= 0:
            end = line_end + 2
            handler = None
            if received.startswith(MESSAGES, start):
                words, size = _control(received[start:line_end])
                end += size + 2
                if end > len(received):
                    self._wanted = end - start
                    break
                handler = self.handlers.get(words[2])
            if handler is None:
                await super().parse(received[start:end])
            else:
                handler(_frame(words, received[line_end + 2 : end - 2]))
            start = end
        return start


def _control(line: bytes) -> tuple[list[bytes], int]:
    """The words of a control line, and its payload's size in bytes. Raises ProtocolError for a malformed line."""
    words = line.split()
    if not 4 <= len(words) <= 6 or not words[-1].isdigit():
        raise ProtocolError("nats: malformed MSG")
    return words, int(words[-1])


def _frame(words: list[bytes], payload: bytes) -> Frame:
    """The frame of `MSG subject id [reply] size` or `HMSG subject id [reply] size-of-headers size-of-all`."""
    if words[0] == b"MSG":
        return Frame(words[1], words[3] if len(words) == 5 else b"", b"", payload)
    head = int(words[-2])
    return Frame(words[1], words[3] if len(words) == 6 else b"", payload[:head], payload[head:])


class FrameClient(Client):
    """nats-py's client, which can also deliver messages as frames and publish to many subjects in one write."""

    def __init__(self) -> None:
        super().__init__()
        self._ps: FrameParser = FrameParser(self)
        self._fault: MisconfiguredError | None = None
        self._has_fault = asyncio.Event()

    def record_fault(self, fault: MisconfiguredError) -> bool:
        """Records that the server refuses what the setting says. Returns whether this is the first fault."""
        is_new, self._fault = self._fault is None, fault
        self._has_fault.set()
        return is_new

    async def wait_for_fault(self) -> None:
        """Waits until the server refuses what the setting says, then raises the MisconfiguredError."""
        await self._has_fault.wait()
        assert self._fault is not None
        raise self._fault

    async def subscribe_frames(self, subject: str, handler: FrameHandler) -> Subscription:
        """Calls `handler` with each message of a subject, in order, until the subscription is drained."""
        subscription = await self.subscribe(subject)
        self._ps.handlers[b"%d" % subscription._id] = handler
        return subscription

    async def publish_all(self, subjects: Collection[bytes], payload: bytes) -> None:
        """Publishes one payload to each subject, in one write. Raises ConnectionClosedError."""
        if self.is_closed:
            raise ConnectionClosedError
        if not subjects:
            return
        end = b" %d\r\n%b\r\n" % (len(payload), payload)
        await self._send_command(b"PUB " + (end + b"PUB ").join(subjects) + end)
        await self._flush_pending()

    async def flush(self, timeout: int = DEFAULT_FLUSH_TIMEOUT) -> None:  # noqa: ASYNC109  # the library's signature
        """Returns when the server has received all that was sent.

        Writes the pending bytes first: the library's PING would overtake them. Raises FlushTimeoutError if the write
        or the PING takes longer than `timeout` seconds.
        """
        try:
            await asyncio.wait_for(self._flush_pending(force_flush=True), timeout)
        except TimeoutError as error:
            raise FlushTimeoutError from error
        await super().flush(timeout)

    async def _connect_to_server(self, s: Srv) -> None:
        """The library calls this per attempt, and forgets the connection to a server that did not answer before."""
        if self._transport:
            self._transport.close()  # type: ignore[no-untyped-call]  # nats-py leaves it untyped
        await super()._connect_to_server(s)

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        """The library calls this when a subscription ends."""
        super()._remove_sub(sid, max_msgs)
        self._ps.handlers.pop(b"%d" % sid, None)
