"""The API as an ASGI application: here its parts are put together."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from graph.access import make_authenticator
from graph.access.addenda_log import Unmaskings
from graph.access.budget import Budget
from graph.access.cursors import CursorKey
from graph.access.pairs import Pairs
from graph.access.pseudonyms import Pseudonyms
from graph.dsl.freshness import Looks
from graph.dsl.queries import Queries
from graph.gql.context import Sources
from graph.gql.endpoint import graphql_routes
from graph.gql.streams import Streams
from graph.http.health import Liveness, Probes, readiness
from graph.http.middleware import RequestMiddleware
from graph.http.parameters import read_query
from graph.http.responses import json_response
from graph.http.routing import routed
from graph.reports.freshness import ProjectionProgress, earliest
from graph.reports.reading.reader import Reader
from graph.rest.openapi import document
from graph.rest.query import query_routes
from graph.rest.serving import report_routes
from infra.clickhouse import ClickHouse
from infra.postgres import Pool
from infra.settings import Settings


def create_app(
    settings: Settings,
    pool: Pool,
    probes: Probes,
    *,
    clickhouse: ClickHouse,
    primary: "Pool | None" = None,
    development: bool,
    progress: ProjectionProgress = dict,
    looks: Looks = tuple,
    closing: asyncio.Event | None = None,
) -> ASGIApp:
    """REST, GraphQL, health and OpenAPI over stores that belong to the caller.

    Reports read `pool`, which may be a replica's; who may see what is read from `primary`, and written there.
    `development` adds GraphiQL and introspection; `progress` tells how far the streams are counted, `looks` how far
    they are stored as facts; streams of answers end when `closing` is set.
    """
    authenticator = make_authenticator(settings, Pairs(clickhouse).note)
    reader = Reader(
        pool,
        settings.reporting_currency,
        clickhouse,
        lambda: earliest(progress),
        limit=settings.report_timeout,
        at_once=settings.report_concurrency,
    )
    key = CursorKey(pool, settings.signing_key)
    budget = Budget(settings.query_concurrency, settings.query_rows_per_minute)
    deciding = primary or pool
    queries = Queries(clickhouse, Pseudonyms(deciding), Unmaskings(deciding), key, budget, looks)
    sources = Sources(reader, key, progress, Streams(), closing or asyncio.Event(), queries)
    routes = [
        *graphql_routes(settings, sources, authenticator, development=development),
        *report_routes(reader, queries, authenticator),
        *query_routes(queries, authenticator.admit),
        *_plain_routes(probes),
    ]
    return routed(routes, [Middleware(RequestMiddleware)], "/openapi.json lists what there is")


def _plain_routes(probes: Probes) -> list[Route]:
    """What everybody may ask."""
    openapi = document()

    async def live() -> Response:
        return json_response(Liveness())

    async def ready() -> Response:
        found = await readiness(probes)
        return json_response(found, 503 if found.status == "unavailable" else 200)

    async def describe() -> Response:
        return json_response(openapi)

    plain = {"/health/live": live, "/health/ready": ready, "/openapi.json": describe}
    return [Route(path, _without_parameters(answer), methods=["GET"]) for path, answer in plain.items()]


def _without_parameters(
    answer: Callable[[], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def checked(request: Request) -> Response:
        read_query(request.scope["query_string"], ())
        return await answer()

    return checked
