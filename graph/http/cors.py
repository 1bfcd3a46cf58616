"""Cross-origin requests of browsers (https://fetch.spec.whatwg.org/#http-cors-protocol), from listed origins only.

Starlette's middleware is not used: it answers a refused preflight with text, allows each method on every path, and
omits `Vary: Origin` for requests of other origins.
"""

from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.answer_headers import vary_by

MAX_AGE: Final = "7200"  # seconds that a browser keeps the answer to a preflight; Chrome's limit
REQUEST_HEADERS: Final = ("Accept", "Content-Type", "Idempotency-Key", "If-None-Match", "X-Request-Id", "traceparent")
# Those that a page may read beyond the ones that CORS always allows.
EXPOSED: Final = ", ".join(
    [
        *(
            "ETag",
            "Location",
            "Retry-After",
            "RateLimit",
            "RateLimit-Policy",
            "Server-Timing",
            "WWW-Authenticate",
            "X-Request-Id",
        ),
        *("X-Anlyt-Meta", "X-Anlyt-Page", "X-Anlyt-Totals"),
    ]
)


class CorsMiddleware:
    """ASGI middleware: lets pages of `origins` read answers, and answers their preflights.

    `identity_headers`: those with which a caller identifies itself. Other origins get answers without CORS's headers,
    which their browsers then keep from the page.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str], identity_headers: Sequence[str]) -> None:
        self._app, self._origins = app, frozenset(origins)
        self._request_headers = ", ".join((*identity_headers, *REQUEST_HEADERS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._origins:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        is_preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in headers

        async def send_with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                vary_by("Origin")
                if origin in self._origins:
                    message["headers"] = list(message["headers"])
                    self._allow(MutableHeaders(raw=message["headers"]), origin, is_preflight=is_preflight)
            await send(message)

        await self._app(scope, receive, send_with_origin)

    def _allow(self, answer: MutableHeaders, origin: str, *, is_preflight: bool) -> None:
        answer["Access-Control-Allow-Origin"] = origin
        answer["Access-Control-Allow-Credentials"] = "true"  # of a gateway that identifies callers by cookies
        if not is_preflight:
            answer["Access-Control-Expose-Headers"] = EXPOSED
        elif methods := answer.get("allow"):
            answer["Access-Control-Allow-Methods"] = methods
            answer["Access-Control-Allow-Headers"] = self._request_headers
            answer["Access-Control-Max-Age"] = MAX_AGE
