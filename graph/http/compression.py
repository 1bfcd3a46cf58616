"""Content codings of answers: zstd, br and gzip (RFC 9110, 8.4 and 12.5.3).

Answers hold no secret beside text that a caller chose, so their compressed length tells nothing (BREACH).
"""

import asyncio
import gzip
import sys
from collections.abc import Callable, Mapping
from typing import Final

import brotli
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.answer_headers import vary_by
from graph.http.negotiation import IDENTITY, preferred_coding

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEAST: Final = 1024  # bytes; a shorter answer fits into one packet anyway
INLINE: Final = 64 << 10  # bytes; compressing more would hold up other requests of the event loop

# The best first, among those that a client likes equally. docs/benchmarks-appendix.md has their cost.
CODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "zstd": lambda body: zstd.compress(body, 1),
    "br": lambda body: bytes(brotli.compress(body, quality=4)),
    "gzip": lambda body: gzip.compress(body, 5, mtime=0),
}
_TEXTS: Final = frozenset(
    {"application/json", "application/javascript", "application/xml", "application/vnd.apache.arrow.stream"}
    | {"image/svg+xml"}
)


class CompressionMiddleware:
    """ASGI middleware that compresses complete answers. Streams, such as events, pass as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        coding = preferred_coding(Headers(scope=scope), tuple(CODINGS))
        start: Message | None = None

        async def send_compressed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and is_compressible(message["status"], _headers(message)):
                vary_by("Accept-Encoding")
                start = message
                return
            if start is not None:
                begin, start = start, None
                await _compress(begin, message, coding)
                await send(begin)
            await send(message)

        await self._app(scope, receive, send_compressed)


async def _compress(start: Message, message: Message, coding: str) -> None:
    """Replaces the body of a complete answer."""
    body, headers = message.get("body", b""), _headers(start)
    if coding == IDENTITY or message.get("more_body") or len(body) < LEAST:
        return
    compress = CODINGS[coding]
    packed = compress(body) if len(body) <= INLINE else await asyncio.to_thread(compress, body)
    message["body"] = packed
    headers["Content-Encoding"], headers["Content-Length"] = coding, str(len(packed))


def is_compressible(status: int, headers: Headers) -> bool:
    """Whether an answer has a body that a coding makes shorter, and no coding yet."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_text = media_type in _TEXTS or media_type.endswith("+json") or media_type.startswith("text/")
    has_body = status >= 200 and status not in {204, 205, 206, 304}
    return has_body and is_text and media_type != "text/event-stream" and "content-encoding" not in headers


def _headers(message: Message) -> MutableHeaders:
    message["headers"] = list(message["headers"])
    return MutableHeaders(raw=message["headers"])
