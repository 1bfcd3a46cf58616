"""GraphQL over HTTP: POST of JSON, GET of persisted operations, and GraphiQL in development."""

from typing import Any, Final

from graphql import ExecutionResult, GraphQLError, execute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Send
from starlette.types import Scope as HttpScope

from graph.edge import REQUEST_ID
from graph.errors import QueryTooExpensiveError
from graph.gql.context import Context, Sources
from graph.gql.cost import MOST_COST, cost
from graph.gql.documents import Document, Documents, InvalidDocumentError, documents
from graph.gql.errors import errors_response, told
from graph.gql.executor import ProjectingExecutor
from graph.gql.explorer import asset_route, page
from graph.gql.persisted import Persisted, read_manifest
from graph.gql.requests import Operation, asked, posted
from graph.gql.schema import SCHEMA
from graph.identity import Door, Scope
from graph.observing import observed
from graph.responses import json_response
from infra.settings import Settings

PATH: Final = "/graphql"

Answer = dict[str, Any]


class GraphQL:
    """An ASGI application that answers POST, and GET where there are persisted operations."""

    def __init__(self, sources: Sources, door: Door, prepare: Documents, persisted: Persisted) -> None:
        self._sources, self._door, self._prepare, self._persisted = sources, door, prepare, persisted

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        with observed("anlyt.api.graphql", "graphql", request.headers):
            response = await self.answer(request)
            await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """The answer to one request, whatever is wrong with it."""
        request_id = request.scope[REQUEST_ID]
        try:
            caller = await self._door.admit(request.headers)
            operation = asked(request.query_params) if request.method == "GET" else await posted(request)
            text = self._persisted.text(operation)
            return json_response(await self._run(text, operation, caller, request_id))
        except Exception as error:
            return errors_response(error, request_id)

    async def _run(self, text: str, operation: Operation, caller: Scope, request_id: str) -> Answer:
        """The GraphQL answer: data, and errors in the words of REST."""
        try:
            document = self._prepare(text)
        except InvalidDocumentError as invalid:
            return {"data": None, "errors": [told(error, request_id) for error in invalid.errors]}
        needed = cost(SCHEMA, document.ast, operation.operation_name, operation.variables or {})
        extensions = {"cost": {"requested": needed, "limit": MOST_COST}}
        if needed > MOST_COST:
            return {"data": None, "errors": [told(_too_expensive(needed), request_id)], "extensions": extensions}
        result = await self._executed(document, operation, caller)
        if result.errors:
            errors = [told(error, request_id) for error in result.errors]
            return {"data": result.data, "errors": errors, "extensions": extensions}
        return {"data": result.data, "extensions": extensions}

    async def _executed(self, document: Document, operation: Operation, caller: Scope) -> ExecutionResult:
        running = execute(
            SCHEMA,
            document.ast,
            context_value=Context(self._sources, caller, document),
            variable_values=operation.variables,
            operation_name=operation.operation_name,
            executor_class=ProjectingExecutor,
        )
        return running if isinstance(running, ExecutionResult) else await running


def _too_expensive(needed: int) -> GraphQLError:
    cause = QueryTooExpensiveError(
        f"The operation costs {needed}, and at most {MOST_COST} is answered; ask for shorter windows, a coarser "
        "granularity or resolution, smaller pages or fewer fields."
    )
    return GraphQLError(str(cause), original_error=cause)


def graphql_routes(settings: Settings, sources: Sources, door: Door, *, development: bool) -> list[Route]:
    """The endpoint, and in development the page to explore the schema with. UsageError for a wrong manifest."""
    prepare = documents(SCHEMA, introspection=development)
    persisted = read_manifest(settings.persisted_operations, prepare, alone=settings.persisted_only)
    graph = GraphQL(sources, door, prepare, persisted)
    methods = ["GET", "POST"] if persisted.documents and not development else ["POST"]
    answers = Route(PATH, graph, methods=methods)
    if not development:
        return [answers]

    async def explore(request: Request) -> Response:
        return page() if not request.query_params else await graph.answer(request)

    return [answers, Route(PATH, explore, methods=["GET"]), asset_route(PATH)]
