"""Serves the REST endpoints of reports."""

from datetime import UTC, datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.access import Authenticator
from graph.dsl.queries import Queries
from graph.http.conditional import caching_headers, conditional
from graph.http.disconnect import cancel_on_disconnect
from graph.http.endpoint import HttpEndpoint
from graph.http.middleware import REQUEST_ID
from graph.http.parameters import read_query
from graph.http.responses import json_response
from graph.reports.reading.reader import Reader
from graph.rest.endpoints import ENDPOINTS, Endpoint, ReportRequest
from graph.rest.insights import INSIGHTS


def report_routes(reader: Reader, queries: Queries, authenticator: Authenticator) -> list[Route]:
    """Returns one route per endpoint of a report."""

    async def answer(endpoint: Endpoint, request: Request) -> Response:
        caller = await authenticator.admit(request.headers)
        scope = request.scope
        parameters = read_query(scope["query_string"], endpoint.parameters)
        report_request = ReportRequest(
            reader, queries, caller, scope["path_params"], parameters, scope[REQUEST_ID], datetime.now(UTC)
        )
        with conditional(request.headers, endpoint.name, caller, scope["path_params"], parameters) as validation:
            found = await cancel_on_disconnect(request.receive, endpoint.run(report_request))
        return json_response(found, headers=caching_headers(validation))

    return [
        Route(each.path, HttpEndpoint(each.span, each.name, partial(answer, each)), methods=["GET"])
        for each in (*ENDPOINTS, *INSIGHTS)
    ]
