"""Serves `POST /v1/anlyt/query` and `GET /v1/anlyt/catalog`: typed queries over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal, TypeAlias, get_args

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.access import Scope
from graph.dsl.catalog import CATALOG
from graph.dsl.formats import notes, to_arrow, to_csv
from graph.dsl.queries import Queries, QueryResult
from graph.http.bodies import read_json
from graph.http.conditional import caching_headers, conditional
from graph.http.disconnect import cancel_on_disconnect
from graph.http.endpoint import HttpEndpoint
from graph.http.middleware import REQUEST_ID
from graph.http.negotiation import preferred
from graph.http.parameters import read_query
from graph.http.responses import NO_STORE, json_response

QUERY_PATH: Final = "/v1/anlyt/query"
CATALOG_PATH: Final = "/v1/anlyt/catalog"

MediaType = Literal["application/json", "text/csv", "application/vnd.apache.arrow.stream"]
MEDIA_TYPES: Final[tuple[MediaType, ...]] = get_args(MediaType)

Admit: TypeAlias = Callable[[Headers], Awaitable[Scope]]


async def to_response(result: QueryResult, media_type: str, caching: Mapping[str, str] = NO_STORE) -> Response:
    """Returns an answer in a format. For CSV and Arrow, page, metadata and totals go into headers."""
    if media_type == "application/json":
        return json_response(result.answer, headers=caching)
    # In a thread: loading pyarrow takes one second, and encoding 10,000 rows would block the event loop.
    if media_type == "text/csv":
        content = await asyncio.to_thread(to_csv, result.columns)
        media_type = "text/csv; charset=utf-8; header=present"
    else:
        content = await asyncio.to_thread(to_arrow, result.columns, result.answer)
    about_rows = {f"X-Anlyt-{name.capitalize()}": text for name, text in notes(result.answer).items()}
    return Response(
        content, headers={**caching, **about_rows, "X-Content-Type-Options": "nosniff"}, media_type=media_type
    )


def query_routes(queries: Queries, admit: Admit) -> list[Route]:
    """Returns the routes of the query language and of its catalogue."""

    async def query(request: Request) -> Response:
        scope = request.scope
        caller = await admit(request.headers)
        read_query(scope["query_string"], ())
        media_type = preferred(request.headers, MEDIA_TYPES)
        body = await read_json(request)
        with conditional(request.headers, "query", caller, media_type) as validation:
            work = queries.answer(caller, body, scope[REQUEST_ID])
            result = await cancel_on_disconnect(request.receive, work)
        return await to_response(result, media_type, caching_headers(validation))

    async def catalog(request: Request) -> Response:
        await admit(request.headers)
        read_query(request.scope["query_string"], ())
        with conditional(request.headers, "catalog") as validation:
            validation.declare("code", ())  # changes only with the code
        return json_response(CATALOG, headers=caching_headers(validation))

    return [
        Route(QUERY_PATH, HttpEndpoint("anlyt.api.query", "query", query), methods=["POST"]),
        Route(CATALOG_PATH, HttpEndpoint("anlyt.api.catalog", "catalog", catalog), methods=["GET"]),
    ]
