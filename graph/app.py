"""The API as an ASGI application, and the server that runs it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from graph.budget import Budget
from graph.cursors import CursorKey
from graph.dsl.freshness import Looks
from graph.dsl.queries import Queries
from graph.edge import Edge
from graph.gql.context import Sources
from graph.gql.endpoint import graphql_routes
from graph.gql.streams import Streams
from graph.health import Liveness, Probes, readiness
from graph.identity import make_door
from graph.protocol import BoundedProtocol
from graph.pseudonyms import Pseudonyms
from graph.reports.freshness import Progress, earliest
from graph.reports.reader import Reader
from graph.responses import json_response
from graph.rest.openapi import document
from graph.rest.parameters import read_query
from graph.rest.query import query_routes
from graph.rest.serving import report_routes
from graph.routing import routed
from graph.tls import TlsProtocol
from graph.unmasking import Unmaskings
from infra.clickhouse import ClickHouse
from infra.listening import Address, listen
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
    progress: Progress = dict,
    looks: Looks = tuple,
    closing: asyncio.Event | None = None,
) -> ASGIApp:
    """REST, GraphQL, health and OpenAPI over stores that belong to the caller.

    Reports read `pool`, which may be a replica's; who may see what is read from `primary`, and written there.
    `development` adds GraphiQL and introspection; `progress` tells how far the streams are counted, `looks` how far
    they are stored as facts; streams of answers end when `closing` is set.
    """
    door = make_door(settings)
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
        *graphql_routes(settings, sources, door, development=development),
        *report_routes(reader, queries, door),
        *query_routes(queries, door.admit),
        *_plain_routes(probes),
    ]
    return routed(routes, [Middleware(Edge)], "/openapi.json lists what there is")


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


class _Server(uvicorn.Server):
    """Signals are the caller's to handle: this may be one of several parts of a process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(
    app: ASGIApp, host: str, port: int, *, tls: ssl.SSLContext | None = None, setting: str = "ANLYT_API"
) -> AsyncIterator[str]:
    """Serves `app` inside the running loop, and yields its URL; port 0 takes a free one.

    Under `tls`, a connection is for one request: the client's certificate is then judged anew for each. At exit,
    requests that are under way get their answers. UsageError when the address, from `setting`, cannot be had.
    """
    listener = listen(Address(host, port, f"{setting}_HOST", f"{setting}_PORT"))
    config = uvicorn.Config(
        app,
        http=TlsProtocol if tls else BoundedProtocol,
        ssl_context_factory=(lambda *_: tls) if tls else None,
        headers=[("Connection", "close")] if tls else None,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listener]))
    try:
        address = f"[{host}]" if ":" in host else host
        yield f"{'https' if tls else 'http'}://{address}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
