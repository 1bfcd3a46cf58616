"""From a request to the answer of its endpoint."""

from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import Receive, Send
from starlette.types import Scope as HttpScope

from graph.dsl.queries import Queries
from graph.edge import REQUEST_ID
from graph.identity import Door, Scope
from graph.leaving import ClientGoneError, unless_gone
from graph.observing import Observer
from graph.reports.reader import Reader
from graph.responses import failed, json_response
from graph.rest.endpoints import ENDPOINTS, Ask, Endpoint
from graph.rest.insights import INSIGHTS
from graph.rest.parameters import read_query


class Served:
    """An ASGI application that answers one endpoint."""

    def __init__(self, endpoint: Endpoint, reader: Reader, queries: Queries, door: Door) -> None:
        self._endpoint, self._reader, self._queries, self._door = endpoint, reader, queries, door
        self._observer = Observer(endpoint.span, endpoint.name)

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        with self._observer.request(scope):
            try:
                caller = await self._door.admit(headers)
                response = json_response(await unless_gone(receive, self._endpoint.run(self._ask(scope, caller))))
            except ClientGoneError:
                return
            except Exception as error:
                response = failed(error, scope[REQUEST_ID])
            await response(scope, receive, send)

    def _ask(self, scope: HttpScope, caller: Scope) -> Ask:
        return Ask(
            self._reader,
            self._queries,
            caller,
            scope["path_params"],
            read_query(scope["query_string"], self._endpoint.parameters),
            scope[REQUEST_ID],
        )


def report_routes(reader: Reader, queries: Queries, door: Door) -> list[Route]:
    """A route for each endpoint."""
    served = (*ENDPOINTS, *INSIGHTS)
    return [Route(each.path, Served(each, reader, queries, door), methods=["GET"]) for each in served]
