"""GraphQL over HTTP: POST of JSON, GET of persisted operations, and GraphiQL in development."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeVar

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute, subscribe
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Send
from starlette.types import Scope as HttpScope

from graph.edge import REQUEST_ID
from graph.errors import InvalidQueryError, QueryTooExpensiveError
from graph.gql.context import Context, Sources
from graph.gql.cost import MOST_COST, cost
from graph.gql.documents import Document, Documents, InvalidDocumentError, documents, is_subscription
from graph.gql.errors import errors_response, told
from graph.gql.executor import ProjectingExecutor
from graph.gql.explorer import asset_route, page
from graph.gql.persisted import Persisted, read_manifest
from graph.gql.requests import Operation, asked, posted
from graph.gql.schema import SCHEMA
from graph.gql.streams import MEDIA_TYPE, event_stream
from graph.identity import Door
from graph.leaving import ClientGoneError, unless_gone
from graph.observing import observed
from graph.responses import json_response
from infra.settings import Settings
from infra.telemetry import Span

PATH: Final = "/graphql"

Answer = dict[str, Any]
Caller = TypeVar("Caller")


class GraphQL(Generic[Caller]):
    """An ASGI application that answers POST, and GET where there are persisted operations.

    `admit`: who asks; `context`: what resolvers share, made from that, a document and a request's id.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        prepare: Documents,
        persisted: Persisted,
        *,
        admit: Callable[[Request], Awaitable[Caller]],
        context: Callable[[Caller, Document, str], object],
        observed_as: tuple[Span, str] = ("anlyt.api.graphql", "graphql"),
    ) -> None:
        self._schema, self._prepare, self._persisted = schema, prepare, persisted
        self._admit, self._context, self._observed_as = admit, context, observed_as

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        with observed(*self._observed_as, request.headers):
            try:
                response = await self.answer(request)
            except ClientGoneError:
                return
            if not isinstance(response, StreamingResponse):
                await response(scope, receive, send)
                return
        await response(scope, receive, send)  # takes as long as it likes, which is nobody's latency

    async def answer(self, request: Request) -> Response:
        """The answer to one request, whatever is wrong with it."""
        request_id = request.scope[REQUEST_ID]
        try:
            caller = await self._admit(request)
            operation = asked(request.query_params) if request.method == "GET" else await posted(request)
            text = self._persisted.text(operation)
            accepts_events = MEDIA_TYPE in request.headers.get("accept", "")
            return await self._run(text, operation, caller, request, accepts_events=accepts_events)
        except ClientGoneError:
            raise
        except Exception as error:
            return errors_response(error, request_id)

    async def _run(
        self, text: str, operation: Operation, caller: Caller, request: Request, *, accepts_events: bool
    ) -> Response:
        """The GraphQL answer: data, and errors in the words of REST. What costs much ends when the client leaves."""
        request_id = request.scope[REQUEST_ID]
        try:
            document = self._prepare(text)
        except InvalidDocumentError as invalid:
            return json_response(_failed(invalid.errors, request_id))
        needed = cost(self._schema, document.ast, operation.operation_name, operation.variables or {})
        extensions = {"cost": {"requested": needed, "limit": MOST_COST}}
        if needed > MOST_COST:
            return json_response({**_failed([_too_expensive(needed)], request_id), "extensions": extensions})
        context = self._context(caller, document, request_id)
        if is_subscription(document.ast, operation.operation_name):
            return await _stream(self._schema, document, operation, context, request_id, accepts_events=accepts_events)
        running = _executed(self._schema, document, operation, context)
        result = await unless_gone(request.receive, running)
        answer = _answer(result, request_id)
        return json_response({**answer, "extensions": extensions})


async def _executed(
    schema: GraphQLSchema, document: Document, operation: Operation, context: object
) -> ExecutionResult:
    running = execute(
        schema,
        document.ast,
        context_value=context,
        variable_values=operation.variables,
        operation_name=operation.operation_name,
        executor_class=ProjectingExecutor,
    )
    return running if isinstance(running, ExecutionResult) else await running


async def _stream(
    schema: GraphQLSchema,
    document: Document,
    operation: Operation,
    context: object,
    request_id: str,
    *,
    accepts_events: bool,
) -> Response:
    """A subscription's events; an error instead when it cannot begin."""
    if not accepts_events:
        raise InvalidQueryError(f"Subscriptions are answered as server-sent events: send Accept: {MEDIA_TYPE}.")
    begun = subscribe(
        schema,
        document.ast,
        context_value=context,
        variable_values=operation.variables,
        operation_name=operation.operation_name,
        executor_class=ProjectingExecutor,
    )
    results = begun if isinstance(begun, ExecutionResult | AsyncIterator) else await begun
    if isinstance(results, ExecutionResult):
        return json_response(_answer(results, request_id))
    answers = (_answer(result, request_id) async for result in results)
    return event_stream(answers, lambda error: _failed([GraphQLError(str(error), original_error=error)], request_id))


def _answer(result: ExecutionResult, request_id: str) -> Answer:
    if result.errors:
        return {**_failed(result.errors, request_id), "data": result.data}
    return {"data": result.data}


def _failed(errors: Sequence[GraphQLError], request_id: str) -> Answer:
    return {"data": None, "errors": [told(error, request_id) for error in errors]}


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
    graph = GraphQL(
        SCHEMA,
        prepare,
        persisted,
        admit=lambda request: door.admit(request.headers),
        context=partial(Context, sources),
    )
    methods = ["GET", "POST"] if persisted.documents and not development else ["POST"]
    answers = Route(PATH, graph, methods=methods)
    if not development:
        return [answers]

    async def explore(request: Request) -> Response:
        return page() if not request.query_params else await graph.answer(request)

    return [answers, Route(PATH, explore, methods=["GET"]), asset_route(PATH)]
