"""From a request to the answer of its endpoint."""

from starlette.datastructures import Headers, QueryParams
from starlette.routing import Route
from starlette.types import Receive, Send
from starlette.types import Scope as HttpScope

from graph.edge import REQUEST_ID
from graph.identity import Door, Scope
from graph.observing import observed
from graph.reports.reader import Reader
from graph.responses import failed, json_response
from graph.rest.endpoints import ENDPOINTS, Ask, Endpoint
from graph.rest.parameters import read_query


class Served:
    """An ASGI application that answers one endpoint."""

    def __init__(self, endpoint: Endpoint, reader: Reader, door: Door) -> None:
        self._endpoint, self._reader, self._door = endpoint, reader, door

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        with observed(self._endpoint.span, self._endpoint.name, headers):
            try:
                caller = await self._door.admit(headers)
                response = json_response(await self._endpoint.run(self._ask(scope, caller)))
            except Exception as error:
                response = failed(error, scope[REQUEST_ID])
            await response(scope, receive, send)

    def _ask(self, scope: HttpScope, caller: Scope) -> Ask:
        return Ask(
            self._reader,
            caller,
            scope["path_params"],
            read_query(QueryParams(scope["query_string"]), self._endpoint.parameters),
        )


def report_routes(reader: Reader, door: Door) -> list[Route]:
    """A route for each endpoint."""
    return [Route(each.path, Served(each, reader, door), methods=["GET"]) for each in ENDPOINTS]
