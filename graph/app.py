"""The composition root of the API: creates its ASGI application."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from graph.access import identity_headers, make_authenticator
from graph.access.addenda_log import UnmaskingLog
from graph.access.budget import Budget
from graph.access.cursors import CursorKey
from graph.access.pairs import PairChecks
from graph.access.pseudonyms import Pseudonyms
from graph.dsl.freshness import ProgressSnapshots
from graph.dsl.queries import Queries
from graph.dsl.verified import VerifiedReader
from graph.errors import OverloadedError
from graph.gql.context import Sources
from graph.gql.endpoint import PATH as GRAPHQL_PATH
from graph.gql.endpoint import graphql_routes
from graph.gql.responses import error_response
from graph.gql.streams import Streams
from graph.http.admission import Admission
from graph.http.health import Liveness, Probes, readiness
from graph.http.middleware import REQUEST_ID
from graph.http.openapi import Json
from graph.http.parameters import read_query
from graph.http.responses import json_response, problem_response
from graph.http.routing import ListenerOptions, make_application
from graph.reports.freshness import ProjectionProgress, earliest
from graph.reports.reading.reader import Reader
from graph.rest.endpoints import REPORTS_PATH
from graph.rest.exports.exports import Exports
from graph.rest.exports.routes import export_routes
from graph.rest.openapi import document
from graph.rest.query import query_routes
from graph.rest.serving import report_routes
from graph.validation import code_digest
from graph.web.personas import Persona
from graph.web.reference.route import reference_routes
from graph.web.routes import page_routes
from infra.clickhouse import ClickHouse
from infra.postgres import Pool
from infra.settings import Settings
from schema import json_schema

ASYNCAPI: Final = Path(json_schema.__file__).with_name("asyncapi.json")  # `python -m tools.export` writes it

POOL_SHARE: Final = 0.75  # of a pool's connections, for reports
BEGUN_PER_READ: Final = 4  # requests that are begun, per report that may read
ADMITTED_PATHS: Final = (REPORTS_PATH, GRAPHQL_PATH)  # health is always answered, and queries have their budget


def create_app(
    settings: Settings,
    pool: Pool,
    probes: Probes,
    *,
    clickhouse: ClickHouse,
    primary: "Pool | None" = None,
    development: bool,
    progress: ProjectionProgress = dict,
    snapshots: ProgressSnapshots = tuple,
    closing: asyncio.Event | None = None,
    personas: Sequence[Persona] = (),
    budget: Budget | None = None,
    exports: Exports | None = None,
) -> ASGIApp:
    """Creates REST, GraphQL, pages, the API reference, health and OpenAPI over stores that the caller opens and closes.

    Reports read `pool`, which may be a replica's. Rights are read from `primary` and logged there. `development` adds
    GraphiQL and introspection. `progress` returns the progress of aggregates by stream, `snapshots` that of facts.
    Subscriptions end when `closing` is set. `budget`: that of queries, if others share it. `exports`: None without S3.
    `personas`: whom a person at a browser may choose to be; only for
    development.
    """
    authenticator = make_authenticator(settings, PairChecks(clickhouse).observe)
    at_once = settings.report_concurrency or max(int(pool.get_max_size() * POOL_SHARE), 1)
    reader = Reader(
        pool,
        settings.reporting_currency,
        clickhouse,
        lambda: earliest(progress),
        limit=settings.report_timeout,
        at_once=at_once,
    )
    key = CursorKey(pool, settings.signing_key)
    budget = budget or Budget(settings.query_concurrency, settings.query_rows_per_minute)
    rights = primary or pool
    verified = VerifiedReader(pool)
    queries = Queries(clickhouse, Pseudonyms(rights), UnmaskingLog(rights), key, budget, snapshots, verified)
    sources = Sources(reader, key, progress, Streams(), closing or asyncio.Event(), queries)
    openapi = document()
    code_digest()  # reads all code: the first request with a validator would wait for it
    routes = [
        *graphql_routes(settings, sources, authenticator, development=development),
        *report_routes(reader, queries, authenticator),
        *query_routes(queries, authenticator.admit),
        *export_routes(exports, authenticator.admit),
        *_public_routes(probes, openapi),
        *reference_routes(settings, openapi),
    ]
    routes += page_routes(settings, sources, authenticator, personas, routes)
    options = ListenerOptions(settings.cors_origins, identity_headers(settings.auth), development)
    app = make_application(routes, "/openapi.json lists the paths", options)
    return Admission(app, BEGUN_PER_READ * at_once, ADMITTED_PATHS, _overloaded)


def _overloaded(scope: Scope) -> Response:
    """The response to a request that is not begun, in REST's or GraphQL's form."""
    error = OverloadedError()
    if scope["path"] == GRAPHQL_PATH:
        return error_response(error, Request(scope))
    return problem_response(error, scope[REQUEST_ID])


def _public_routes(probes: Probes, openapi: Json) -> list[Route]:
    """The routes that need no identity. `openapi`: the document to serve."""
    asyncapi = msgspec.json.decode(ASYNCAPI.read_bytes())

    async def live() -> Response:
        return json_response(Liveness())

    async def ready() -> Response:
        report = await readiness(probes)
        return json_response(report, 503 if report.status == "unavailable" else 200)

    async def describe() -> Response:
        return json_response(openapi)

    async def describe_events() -> Response:
        return json_response(asyncapi)

    handlers = {
        "/health/live": live,
        "/health/ready": ready,
        "/openapi.json": describe,
        "/asyncapi.json": describe_events,
    }
    return [Route(path, _without_parameters(handler), methods=["GET"]) for path, handler in handlers.items()]


def _without_parameters(
    handler: Callable[[], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """A handler that refuses all query parameters."""

    async def handle(request: Request) -> Response:
        read_query(request.scope["query_string"], ())
        return await handler()

    return handle
