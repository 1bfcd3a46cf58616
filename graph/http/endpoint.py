"""The wrapper of all endpoints: it observes requests, turns errors into problems and drops disconnected clients."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from graph.http.conditional import not_modified
from graph.http.disconnect import ClientDisconnectedError
from graph.http.middleware import REQUEST_ID
from graph.http.responses import problem_response
from graph.http.telemetry import Observer
from graph.validation import NotModifiedError
from infra.telemetry import Span


class HttpEndpoint:
    """An ASGI application that sends the response of `answer`, or a problem document for the error that it raises.

    `span` is its name in traces, `name` in metrics. A disconnected client gets no response; one that has the answer
    already gets 304.
    """

    def __init__(self, span: Span, name: str, answer: Callable[[Request], Awaitable[Response]]) -> None:
        self._observer, self._answer = Observer(span, name), answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._observer.request(scope):
            try:
                response = await self._answer(Request(scope, receive))
            except ClientDisconnectedError:
                return
            except NotModifiedError as error:
                response = not_modified(error)
            except Exception as error:  # every error becomes one problem document
                response = problem_response(error, scope[REQUEST_ID])
            await response(scope, receive, send)
