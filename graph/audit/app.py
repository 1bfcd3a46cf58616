"""The audit listener as an ASGI application: who is not the regulator is refused before anything is read."""

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from graph.audit.audits import Audits
from graph.audit.exports.exports import Exports
from graph.audit.exports.routes import export_routes
from graph.audit.graphql import graphql_face
from graph.audit.openapi import document
from graph.audit.regulator import REGULATOR, Regulator, identify
from graph.audit.request import QUERY_PATH
from graph.bodies import read_json
from graph.edge import REQUEST_ID, Edge
from graph.gql.endpoint import PATH as GRAPHQL_PATH
from graph.leaving import ClientGoneError, unless_gone
from graph.observing import Observer
from graph.responses import failed, json_response
from graph.rest.parameters import read_query
from graph.routing import routed


class RegulatorOnly:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, trust_domain: str | None) -> None:
        self._app, self._trust_domain = app, trust_domain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[REGULATOR] = identify(scope, self._trust_domain)
        await self._app(scope, receive, send)


class AuditFace:
    """An ASGI application that answers audit queries."""

    def __init__(self, audits: Audits) -> None:
        self._audits = audits
        self._observer = Observer("anlyt.api.audit", "audit")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        regulator: Regulator = scope[REGULATOR]
        with self._observer.request(scope):
            try:
                read_query(request.scope["query_string"], ())
                body = await read_json(request)
                work = self._audits.answer(regulator, scope[REQUEST_ID], body)
                response = json_response(await unless_gone(receive, work))
            except ClientGoneError:
                return
            except Exception as error:
                response = failed(error, scope[REQUEST_ID])
            await response(scope, receive, send)


def create_audit_app(
    audits: Audits, trust_domain: str | None, exports: Exports | None = None, *, development: bool = False
) -> ASGIApp:
    """`trust_domain`: which SPIFFE ids are believed, None: any that the authority has signed; `exports` need S3.

    `development` adds introspection.
    """
    openapi = document()

    async def describe(request: Request) -> Response:
        read_query(request.scope["query_string"], ())
        return json_response(openapi)

    routes = [
        Route("/openapi.json", describe, methods=["GET"]),
        Route(QUERY_PATH, AuditFace(audits), methods=["POST"]),
        Route(GRAPHQL_PATH, graphql_face(audits, development=development), methods=["POST"]),
        *export_routes(exports),
    ]
    middleware = [Middleware(Edge), Middleware(RegulatorOnly, trust_domain=trust_domain)]
    return routed(routes, middleware, "/openapi.json lists what there is")
