"""The middleware of all requests: request ids, limits on the URL and on slow bodies, and the last error handler.

A client that leaves before its response is one line in the log. `AnswerHeadersMiddleware` adds the
headers that the code inside declares.
"""

import asyncio
import random
import re
from time import perf_counter
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.answer_headers import collected
from graph.errors import RequestTimeoutError, UriTooLongError
from graph.http.disconnect import ClientDisconnectedError
from graph.http.responses import problem_response
from graph.http.telemetry import record_status, trace_headers
from infra.telemetry import logger

SLOWEST_BODY: Final = 10.0  # seconds from the end of the head to the end of the body
LONGEST_URL: Final = 8192  # bytes of path and query
REQUEST_ID: Final = "request_id"  # in the ASGI scope

_ACCEPTABLE: Final = re.compile(r"[!-~]([ -~]{0,126}[!-~])?")


class RequestMiddleware:
    """ASGI middleware that assigns a request id, returns it as X-Request-Id, and answers every error."""

    def __init__(self, app: ASGIApp, slowest_body: float = SLOWEST_BODY) -> None:
        self._app, self._slowest_body = app, slowest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope[REQUEST_ID] = read_request_id(Headers(scope=scope))
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                record_status(scope, message["status"])
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode()), *trace_headers()]
            await send(message)

        try:
            _check_length(scope)
            await self._app(scope, _in_time(receive, self._slowest_body), send_with_id)
        except (ClientDisconnectedError, ClientDisconnect):
            pass  # an endpoint may also end without a response
        except Exception as error:  # the last error handler
            response = problem_response(error, request_id)
            if started:
                raise  # the response has begun: the server closes the connection
            await response(scope, receive, send_with_id)
        if not started:
            logger().info("client left", method=scope["method"], path=scope["path"], requestId=request_id)


class AnswerHeadersMiddleware:
    """ASGI middleware that adds Vary, RateLimit and RateLimit-Policy as declared inside (`graph/answer_headers.py`).

    `development` adds Server-Timing: in production, the duration of a request is the operator's knowledge.
    """

    def __init__(self, app: ASGIApp, *, development: bool) -> None:
        self._app, self._development = app, development

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        with collected() as declared:

            async def send_with_headers(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = list(message["headers"])
                    headers = MutableHeaders(raw=message["headers"])
                    if declared.vary:
                        headers.add_vary_header(", ".join(declared.vary))
                    for name, value in declared.fields():
                        headers[name] = value
                    if self._development:
                        headers["server-timing"] = f"total;dur={(perf_counter() - began) * 1000:.1f}"
                await send(message)

            await self._app(scope, receive, send_with_headers)


def _in_time(receive: Receive, seconds: float) -> Receive:
    """Returns a `receive` that raises RequestTimeoutError unless the whole body arrives within `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    body_is_complete = False

    async def receive_in_time() -> Message:
        nonlocal body_is_complete
        if body_is_complete:  # the only message left is the disconnect, which may take any time
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise RequestTimeoutError(f"The body did not arrive within {seconds:g} s.") from None
        body_is_complete = not message.get("more_body", False)
        return message

    return receive_in_time


def _check_length(scope: Scope) -> None:
    if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_URL:
        raise UriTooLongError(f"Path and query are longer than {LONGEST_URL} bytes.")


def _new_id() -> str:
    """A random UUID of version 4. It is unique but not secret: `uuid4` would cost more than the rest of this module."""
    text = f"{random.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) % 4]}{text[17:20]}-{text[20:]}"


def read_request_id(headers: Headers) -> str:
    """The caller's id if it is safe in a header and a log line, otherwise a new one."""
    own_id = headers.get("x-request-id", "")
    return own_id if _ACCEPTABLE.fullmatch(own_id) else _new_id()
