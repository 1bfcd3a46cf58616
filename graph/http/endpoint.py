"""What every endpoint does around its answer: observation, errors as problems, clients that leave."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graph.http.disconnect import ClientDisconnectedError
from graph.http.middleware import REQUEST_ID
from graph.http.responses import failed
from graph.http.telemetry import Observer
from infra.telemetry import Span


class HttpEndpoint:
    """An ASGI application that sends what `answer` returns, or the problem that it raises.

    `span` and `name` are what traces and metrics call it. A client that left is sent nothing.
    """

    def __init__(self, span: Span, name: str, answer: Callable[[Request], Awaitable[Response]]) -> None:
        self._observer, self._answer = Observer(span, name), answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._observer.request(scope):
            try:
                response = await self._answer(Request(scope, receive))
            except ClientDisconnectedError:
                return
            except Exception as error:  # whatever it is, the caller gets one problem document
                response = failed(error, scope[REQUEST_ID])
            await response(scope, receive, send)
