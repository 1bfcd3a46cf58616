"""The audit listener as an ASGI application. It rejects all callers but the regulator before it reads a request."""

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from graph.audit.audits import Audits
from graph.audit.exports.exports import Exports
from graph.audit.exports.routes import export_routes
from graph.audit.graphql import graphql_endpoint
from graph.audit.openapi import document
from graph.audit.regulator import REGULATOR, identify
from graph.audit.request import QUERY_PATH
from graph.gql.endpoint import PATH as GRAPHQL_PATH
from graph.http.bodies import read_json
from graph.http.disconnect import cancel_on_disconnect
from graph.http.endpoint import HttpEndpoint
from graph.http.middleware import REQUEST_ID
from graph.http.parameters import read_query
from graph.http.responses import json_response
from graph.http.routing import ListenerOptions, make_application


class RegulatorOnly:
    """ASGI middleware: puts the Regulator into the scope. Raises ForbiddenError for other callers."""

    def __init__(self, app: ASGIApp, trust_domain: str | None) -> None:
        self._app, self._trust_domain = app, trust_domain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[REGULATOR] = identify(scope, self._trust_domain)
        await self._app(scope, receive, send)


def create_audit_app(
    audits: Audits,
    trust_domain: str | None,
    exports: Exports | None = None,
    log: Sequence[Route] = (),
    pages: Sequence[Route] = (),
    *,
    development: bool = False,
) -> ASGIApp:
    """Creates the application.

    `trust_domain`: the accepted domain of SPIFFE ids; None: any that the authority has signed. `exports`: None without
    S3. `log`: the routes of the transparency log; `pages`: those of the regulator's page. `development` adds
    introspection.
    """
    openapi = document()

    async def query(request: Request) -> Response:
        scope = request.scope
        read_query(scope["query_string"], ())
        body = await read_json(request)
        work = audits.answer(scope[REGULATOR], scope[REQUEST_ID], body)
        return json_response(await cancel_on_disconnect(request.receive, work))

    async def describe(request: Request) -> Response:
        read_query(request.scope["query_string"], ())
        return json_response(openapi)

    routes = [
        Route("/openapi.json", describe, methods=["GET"]),
        Route(QUERY_PATH, HttpEndpoint("anlyt.api.audit", "audit", query), methods=["POST"]),
        Route(GRAPHQL_PATH, graphql_endpoint(audits, development=development), methods=["POST"]),
        *export_routes(exports),
        *log,
        *pages,
    ]
    guard = Middleware(RegulatorOnly, trust_domain=trust_domain)
    return make_application(routes, "/openapi.json lists the paths", ListenerOptions(development=development), guard)
