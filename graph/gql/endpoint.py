"""GraphQL over HTTP: POST of JSON, GET of persisted operations, and GraphiQL in development."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute_root_selection_set, subscribe
from graphql.execution.executor import Executor
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Send
from starlette.types import Scope as HttpScope

from graph.access import Authenticator
from graph.errors import InvalidQueryError, QueryTooExpensiveError
from graph.gql.context import Context, Sources
from graph.gql.cost import MOST_COST
from graph.gql.documents import (
    MOST_REPORTED,
    Document,
    Documents,
    InvalidDocumentError,
    documents,
    is_subscription,
    prepared,
)
from graph.gql.executor import ProjectingExecutor
from graph.gql.explorer import asset_route, page
from graph.gql.persisted import Persisted, read_manifest
from graph.gql.requests import Operation, read_body, read_url
from graph.gql.responses import Responder, error_response
from graph.gql.schema import SCHEMA
from graph.gql.streams import EVENT_STREAM
from graph.gql.weights import weigh
from graph.http.conditional import caching_headers, conditional, not_modified
from graph.http.disconnect import ClientDisconnectedError, cancel_on_disconnect
from graph.http.middleware import REQUEST_ID
from graph.http.telemetry import Observer
from graph.reports.reading.reader import Reader
from graph.reports.windows import Window
from graph.validation import NotModifiedError, while_unchanged
from infra.settings import Settings

PATH: Final = "/graphql"

Caller = TypeVar("Caller")


class GraphQL(Generic[Caller]):
    """An ASGI application that answers POST, and GET if there are persisted operations.

    `admit` authenticates the caller of a request. `context` makes the context of resolvers from the caller, the
    document, the id of the request and its time, which all of its windows share. `read_state` reads the state of the
    days of some windows, from which answers to GET get their validators.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        prepare: Documents,
        persisted: Persisted,
        *,
        admit: Callable[[Request], Awaitable[Caller]],
        context: Callable[[Caller, Document, str, datetime], object],
        observer: Observer,
        read_state: Callable[[Sequence[Window]], Awaitable[object]] | None = None,
    ) -> None:
        self._schema, self._prepare, self._persisted = schema, prepare, persisted
        self._admit, self._context, self._observer = admit, context, observer
        self._read_state = read_state

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        with self._observer.request(scope):
            try:
                response = await self.answer(request)
            except ClientDisconnectedError:
                return
            if not isinstance(response, StreamingResponse):
                await response(scope, receive, send)
                return
        await response(scope, receive, send)  # a stream's duration is not the latency of a request

    async def answer(self, request: Request) -> Response:
        """The answer to one request, also to an invalid one."""
        try:
            responder = Responder(request)
            caller = await self._admit(request)
            operation = read_url(request.query_params) if request.method == "GET" else await read_body(request)
            text = self._persisted.text(operation)
            return await self._run(text, operation, caller, request, responder)
        except ClientDisconnectedError:
            raise
        except NotModifiedError as error:
            return not_modified(error)
        except Exception as error:  # becomes an error of GraphQL; an unexpected one is INTERNAL
            return error_response(error, request)

    async def _run(
        self, text: str, operation: Operation, caller: Caller, request: Request, responder: Responder
    ) -> Response:
        """Prepares, weighs and executes an operation."""
        try:
            document = await prepared(self._prepare, text)
        except InvalidDocumentError as invalid:
            return responder.refused(invalid.errors)
        now = datetime.now(UTC)
        context = self._context(caller, document, request.scope[REQUEST_ID], now)
        executor = self._executor(document, operation, context)
        if isinstance(executor, list):
            return responder.refused(executor)
        try:
            weight = weigh(executor, now)
        except GraphQLError as error:
            return responder.refused([error])
        extensions = {"cost": {"requested": weight.cost, "limit": MOST_COST}}
        if weight.cost > MOST_COST:
            return responder.refused([_too_expensive(weight.cost)], extensions)
        if is_subscription(document.ast, operation.operation_name):
            return await self._subscribe(document, operation, context, responder)
        execute = partial(_executed, executor, request)
        if request.method != "GET" or self._read_state is None or weight.windows is None:
            return responder.executed(await execute(), extensions)
        identity = (text, operation.variables, operation.operation_name, caller, responder.media_type, weight.windows)
        with conditional(request.headers, "graphql", *identity) as validation:
            result = await while_unchanged(partial(self._read_state, weight.windows), execute)
            if result.errors:
                validation.void()
        return responder.executed(result, extensions, caching_headers(validation))

    def _executor(
        self, document: Document, operation: Operation, context: object
    ) -> Executor[Any] | list[GraphQLError]:
        """The executor of the operation, with coerced variables; or the errors of its variables or name."""
        return ProjectingExecutor.build(
            self._schema,
            document.ast,
            context_value=context,
            raw_variable_values=operation.variables,
            operation_name=operation.operation_name,
            max_coercion_errors=MOST_REPORTED,
        )

    async def _subscribe(
        self, document: Document, operation: Operation, context: object, responder: Responder
    ) -> Response:
        """The events of a subscription, or the error for which it cannot begin."""
        if not responder.accepts_events:
            raise InvalidQueryError(f"Subscriptions are answered as server-sent events: send Accept: {EVENT_STREAM}.")
        started = subscribe(
            self._schema,
            document.ast,
            context_value=context,
            variable_values=operation.variables,
            operation_name=operation.operation_name,
            executor_class=ProjectingExecutor,
        )
        results = started if isinstance(started, ExecutionResult | AsyncIterator) else await started
        if isinstance(results, ExecutionResult):
            return responder.refused(results.errors or [])
        return responder.stream(results)


async def _executed(executor: Executor[Any], request: Request) -> ExecutionResult:
    """Executes an operation. Cancels it when the client disconnects."""
    running = execute_root_selection_set(executor)
    return running if isinstance(running, ExecutionResult) else await cancel_on_disconnect(request.receive, running)


async def _state_of(reader: Reader, windows: Sequence[Window]) -> object:
    """The state of the days from the first to the last of some windows."""
    whole = Window(from_=min(each.from_ for each in windows), to=max(each.to for each in windows))
    return (await reader.known(whole.slices)).state


def _too_expensive(cost: int) -> GraphQLError:
    cause = QueryTooExpensiveError(
        f"The operation costs {cost}, and at most {MOST_COST} is answered; request shorter windows, a coarser "
        "granularity or resolution, smaller pages or fewer fields."
    )
    return GraphQLError(str(cause), original_error=cause)


def graphql_routes(
    settings: Settings, sources: Sources, authenticator: Authenticator, *, development: bool
) -> list[Route]:
    """The endpoint, and GraphiQL in development. Raises UsageError for an invalid manifest."""
    prepare = documents(SCHEMA, introspection=development)
    persisted = read_manifest(settings.persisted_operations, prepare, exclusive=settings.persisted_only)
    graph = GraphQL(
        SCHEMA,
        prepare,
        persisted,
        admit=lambda request: authenticator.admit(request.headers),
        context=partial(Context, sources),
        observer=Observer("anlyt.api.graphql", "graphql"),
        read_state=partial(_state_of, sources.reader),
    )
    methods = ["GET", "POST"] if persisted.documents and not development else ["POST"]
    answers = Route(PATH, graph, methods=methods)
    if not development:
        return [answers]

    async def explore(request: Request) -> Response:
        return page() if not request.query_params else await graph.answer(request)

    return [answers, Route(PATH, explore, methods=["GET"]), asset_route(PATH)]
