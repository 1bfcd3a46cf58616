"""A GraphQL result as an HTTP response, in the media type that the client prefers.

* `application/graphql-response+json`: status codes of GraphQL over HTTP, September 2026 (http-spec.graphql.org).
* `application/json`, for clients that know only that: 200 for all answers of GraphQL itself.
* `text/event-stream`: events that npm graphql-sse reads (`graph/gql/streams.py`).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from graphql import ExecutionResult, GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from graph.gql.errors import as_payload, problem_payload, worst_status
from graph.gql.streams import EVENT_STREAM, event_stream
from graph.http.middleware import REQUEST_ID
from graph.http.negotiation import accepts_by_name, preferred
from graph.http.problems import as_problem, headers, log_failure
from graph.http.responses import NO_STORE, json_response
from graph.http.telemetry import OUTCOME
from infra.faults import fault_of

Payload: TypeAlias = dict[str, Any]

JSON: Final = "application/json"
GRAPHQL_RESPONSE: Final = "application/graphql-response+json"
MEDIA_TYPES: Final = (GRAPHQL_RESPONSE, JSON, EVENT_STREAM)  # in this order for clients that name several
PARTIAL_SUCCESS: Final = 294  # data and errors; HTTP itself has no such status


class Responder:
    """Makes the response to one request. Raises NotAcceptableError if it accepts none of MEDIA_TYPES."""

    def __init__(self, request: Request) -> None:
        self._scope = request.scope
        self._request_id: str = request.scope[REQUEST_ID]
        # A wildcard does not mean that the client knows the newer type.
        offered = [each for each in MEDIA_TYPES if each != GRAPHQL_RESPONSE or accepts_by_name(request.headers, each)]
        self.media_type = preferred(request.headers, offered)
        self.accepts_events = accepts_by_name(request.headers, EVENT_STREAM)

    def refused(self, errors: Sequence[GraphQLError], extensions: Mapping[str, Any] | None = None) -> Response:
        """The response if nothing was executed: an invalid document, invalid variables, or too high a cost."""
        status = self._scope[OUTCOME] = worst_status(errors)
        payload: Payload = {"errors": self._payloads(errors)}
        return self._response({**payload, "extensions": extensions} if extensions else payload, status)

    def executed(
        self, result: ExecutionResult, extensions: Mapping[str, Any], caching: Mapping[str, str] = NO_STORE
    ) -> Response:
        """The response with the result of execution. Errors without a path mean that nothing was executed."""
        if result.errors and all(error.path is None for error in result.errors):
            return self.refused(result.errors, extensions)
        if result.errors:
            self._scope[OUTCOME] = worst_status(result.errors)
        status = PARTIAL_SUCCESS if result.errors else 200
        return self._response({**self._result(result), "extensions": extensions}, status, caching)

    def stream(self, results: AsyncIterator[ExecutionResult]) -> Response:
        """The response with one event per result, for a client that accepts events."""
        return event_stream((self._result(result) async for result in results), self._failure)

    def _response(self, payload: Payload, status: int, caching: Mapping[str, str] = NO_STORE) -> Response:
        if self.media_type == EVENT_STREAM:
            return event_stream(_only(payload), self._failure)
        if self.media_type == GRAPHQL_RESPONSE:
            return json_response(payload, status, GRAPHQL_RESPONSE, caching)
        return json_response({"data": None, **payload}, headers=caching)

    def _result(self, result: ExecutionResult) -> Payload:
        if result.errors:
            return {"data": result.data, "errors": self._payloads(result.errors)}
        return {"data": result.data}

    def _failure(self, error: Exception) -> Payload:
        return {"data": None, "errors": self._payloads([GraphQLError(str(error), original_error=error)])}

    def _payloads(self, errors: Sequence[GraphQLError]) -> list[Mapping[str, Any]]:
        return [as_payload(error, self._request_id) for error in errors]


def error_response(error: Exception, request: Request) -> Response:
    """The response to a request that did not reach GraphQL: with REST's status, in GraphQL's form."""
    error, request_id = fault_of(error) or error, request.scope[REQUEST_ID]
    log_failure(error, request_id)
    problem = as_problem(error, request_id)
    payload: Payload = {"errors": [problem_payload(problem)]}
    if accepts_by_name(request.headers, GRAPHQL_RESPONSE):
        return json_response(payload, problem.status, GRAPHQL_RESPONSE, headers(error))
    return json_response({"data": None, **payload}, problem.status, headers=headers(error))


async def _only(payload: Payload) -> AsyncIterator[Payload]:
    yield payload
