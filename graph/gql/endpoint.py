"""GraphQL over HTTP: POST of JSON, and the GraphiQL page in development."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from graphql import ExecutionResult, execute
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Send
from starlette.types import Scope as HttpScope
from strawberry.http.ides import get_graphql_ide_html

from graph.bodies import read_json
from graph.cursors import CursorKey
from graph.dsl.queries import Queries
from graph.edge import REQUEST_ID
from graph.errors import InvalidQueryError
from graph.gql.context import Context
from graph.gql.documents import Documents, InvalidDocumentError, documents
from graph.gql.errors import errors_response, told
from graph.gql.executor import ProjectingExecutor
from graph.gql.schema import SCHEMA
from graph.identity import Identify, Scope, identify
from graph.leaving import ClientGoneError, unless_gone
from graph.observing import observed
from graph.reports.reader import Reader
from graph.responses import json_response

PATH: Final = "/graphql"


class Operation(Struct, frozen=True, rename="camel"):
    """The body of a request; what else it holds (`extensions`) is ignored."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


class GraphQL:
    """An ASGI application that answers POST."""

    def __init__(
        self, reader: Reader, queries: Queries, cursors: CursorKey, ways: Sequence[Identify], *, development: bool
    ) -> None:
        self._reader, self._queries, self._cursors, self._ways = reader, queries, cursors, ways
        self._documents: Documents = documents(SCHEMA, introspection=development)

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        with observed("anlyt.api.graphql", "graphql", request.headers):
            try:
                response = await self._response(request, scope[REQUEST_ID])
            except ClientGoneError:
                return
            await response(scope, receive, send)

    async def _response(self, request: Request, request_id: str) -> Response:
        try:
            caller = identify(self._ways, request.headers)
            operation = await _operation(request)
        except Exception as error:
            return errors_response(error, request_id)
        return json_response(await unless_gone(request.receive, self._run(operation, caller, request_id)))

    async def _run(self, operation: Operation, caller: Scope, request_id: str) -> dict[str, Any]:
        """The GraphQL answer: data, and errors in the words of REST."""
        try:
            document = self._documents(operation.query)
        except InvalidDocumentError as invalid:
            return {"data": None, "errors": [told(error, request_id) for error in invalid.errors]}
        running = execute(
            SCHEMA,
            document.ast,
            context_value=Context(self._reader, self._queries, self._cursors, caller, document),
            variable_values=operation.variables,
            operation_name=operation.operation_name,
            executor_class=ProjectingExecutor,
        )
        result = running if isinstance(running, ExecutionResult) else await running
        if result.errors:
            return {"data": result.data, "errors": [told(error, request_id) for error in result.errors]}
        return {"data": result.data}


async def _operation(request: Request) -> Operation:
    """The body of a request; UnsupportedMediaTypeError, PayloadTooLargeError, InvalidQueryError."""
    body = await read_json(request)
    try:
        return msgspec.json.decode(body, type=Operation)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidQueryError(
            f"The body must be a JSON object with `query`, and perhaps `variables` and `operationName`: {error}."
        ) from None


def graphql_routes(
    reader: Reader, queries: Queries, cursors: CursorKey, ways: Sequence[Identify], *, development: bool
) -> list[Route]:
    """POST, and in development the page to explore the schema with."""
    answers = Route(PATH, GraphQL(reader, queries, cursors, ways, development=development), methods=["POST"])
    return [answers, Route(PATH, _graphiql, methods=["GET"])] if development else [answers]


async def _graphiql(_: Request) -> Response:
    """Asks as admin-dashboard, unless its headers editor says otherwise."""
    page = get_graphql_ide_html("graphiql")
    return HTMLResponse(page.replace("const defaultHeaders = {};", _DEFAULT_HEADERS))


_DEFAULT_HEADERS: Final = 'const defaultHeaders = {"X-Caller": "admin-dashboard"};'
