"""What the routes of all exports share: one answer per method of a path, and 503 without S3."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeAlias, TypeVar
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.errors import NotFoundError
from graph.http.endpoint import HttpEndpoint
from graph.http.parameters import Parameter, read_query
from infra.errors import DependencyUnavailableError
from infra.telemetry import Span

T = TypeVar("T")  # answers callers about exports
C = TypeVar("C")  # a caller

LIMIT: Final = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}, "Exports per page.")
AFTER: Final = Parameter("after", {"type": "string"}, "`page.endCursor` of the previous page.")
EXAMPLE_ID: Final = "5f0c1f0e-8a43-4d0c-9b57-3f6f5f9f2b1a"
ID: Final = Parameter("id", {"type": "string", "format": "uuid", "examples": [EXAMPLE_ID]}, "The export's id.", "path")


@dataclass(frozen=True, slots=True)
class Handler(Generic[T, C]):
    """The handler of a method, which answers a caller, and its query parameters."""

    answer: Callable[[T, C, Request], Awaitable[Response]]
    parameters: Sequence[Parameter] = ()


Handlers: TypeAlias = Mapping[str, Handler[T, C]]


def make_routes(
    paths: Mapping[str, Handlers[T, C]],
    exports: T | None,
    identify: Callable[[Request], Awaitable[C]],
    span: Span,
    name: str,
) -> list[Route]:
    """One route per path; its handlers by method. Without S3 (`exports` is None) all of them answer 503."""

    async def answer(handlers: Handlers[T, C], request: Request) -> Response:
        caller = await identify(request)
        handler = handlers[request.method]
        read_query(request.scope["query_string"], handler.parameters)
        if exports is None:
            raise DependencyUnavailableError("Exports are not available: ANLYT_S3_ENDPOINT is not set.")
        return await handler.answer(exports, caller, request)

    return [
        Route(path, HttpEndpoint(span, name, partial(answer, handlers)), methods=list(handlers))
        for path, handlers in paths.items()
    ]


def export_id(request: Request) -> UUID:
    """The id in a request's path. Raises NotFoundError if it is no UUID."""
    try:
        return UUID(request.path_params["id"])
    except ValueError:
        raise NotFoundError("There is no such export.") from None
