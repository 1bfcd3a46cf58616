"""`POST /v1/anlyt/query` and `GET /v1/anlyt/catalog`: typed queries over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Literal, TypeAlias, get_args

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Send
from starlette.types import Scope as HttpScope

from graph.bodies import read_json
from graph.dsl.catalog import CATALOG
from graph.dsl.formats import notes, to_arrow, to_csv
from graph.dsl.queries import Answered, Queries
from graph.edge import REQUEST_ID
from graph.identity import Scope
from graph.leaving import ClientGoneError, unless_gone
from graph.negotiation import preferred
from graph.observing import Observer
from graph.responses import NO_STORE, failed, json_response
from graph.rest.parameters import read_query

QUERY_PATH: Final = "/v1/anlyt/query"
CATALOG_PATH: Final = "/v1/anlyt/catalog"

MediaType = Literal["application/json", "text/csv", "application/vnd.apache.arrow.stream"]
MEDIA_TYPES: Final[tuple[MediaType, ...]] = get_args(MediaType)

Admit: TypeAlias = Callable[[Headers], Awaitable[Scope]]


class QueryFace:
    """An ASGI application that answers queries."""

    def __init__(self, queries: Queries, admit: Admit) -> None:
        self._queries, self._admit = queries, admit
        self._observer = Observer("anlyt.api.query", "query")

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        with self._observer.request(scope):
            try:
                caller = await self._admit(request.headers)
                read_query(scope["query_string"], ())
                media_type = preferred(request.headers, MEDIA_TYPES)
                body = await read_json(request)
                answered = await unless_gone(receive, self._queries.answer(caller, body, scope[REQUEST_ID]))
                response = await rendered(answered, media_type)
            except ClientGoneError:
                return
            except Exception as error:
                response = failed(error, scope[REQUEST_ID])
            await response(scope, receive, send)


async def rendered(answered: Answered, media_type: str) -> Response:
    """An answer in a format; what the others have beside their rows stands in headers."""
    if media_type == "application/json":
        return json_response(answered.answer)
    # In a thread: pyarrow takes a second to load, and 10,000 rows take their time.
    if media_type == "text/csv":
        content = await asyncio.to_thread(to_csv, answered.columns)
        media_type = "text/csv; charset=utf-8; header=present"
    else:
        content = await asyncio.to_thread(to_arrow, answered.columns, answered.answer)
    beside = {f"X-Anlyt-{name.capitalize()}": text for name, text in notes(answered.answer).items()}
    return Response(content, headers={**NO_STORE, **beside, "X-Content-Type-Options": "nosniff"}, media_type=media_type)


class CatalogFace:
    """An ASGI application that tells what can be asked, to whoever may ask."""

    def __init__(self, admit: Admit) -> None:
        self._admit = admit
        self._observer = Observer("anlyt.api.catalog", "catalog")

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        with self._observer.request(scope):
            try:
                await self._admit(headers)
                read_query(scope["query_string"], ())
                response = json_response(CATALOG)
            except Exception as error:
                response = failed(error, scope[REQUEST_ID])
            await response(scope, receive, send)


def query_routes(queries: Queries, admit: Admit) -> list[Route]:
    """Both routes."""
    return [
        Route(QUERY_PATH, QueryFace(queries, admit), methods=["POST"]),
        Route(CATALOG_PATH, CatalogFace(admit), methods=["GET"]),
    ]
