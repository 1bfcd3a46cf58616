"""Errors in a GraphQL answer, with the codes and words of REST."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from graphql import GraphQLError
from starlette.responses import Response

from graph.errors import InvalidQueryError
from graph.problems import Problem, headers, problem, record


def told(error: GraphQLError, request_id: str) -> Mapping[str, Any]:
    """One error of a document or a field; what is internal is logged and masked.

    What graphql-core itself reports (syntax, validation, arguments) is the caller's to mend.
    """
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        cause = InvalidQueryError(error.message)
    record(cause, request_id)
    formatted = cast(Mapping[str, Any], error.formatted)
    where = {key: formatted[key] for key in ("locations", "path") if key in formatted}
    return {**_shape(problem(cause, request_id)), **where}


def errors_response(error: Exception, request_id: str) -> Response:
    """The answer to a request of which nothing was run: the status of REST, the shape of GraphQL."""
    record(error, request_id)
    seen = problem(error, request_id)
    body = {"data": None, "errors": [_shape(seen)]}
    return Response(msgspec.json.encode(body), seen.status, headers(error), "application/json")


def _shape(seen: Problem) -> Mapping[str, Any]:
    """`classification`, as other servers have it, tells tools who has to mend the request: the caller or we."""
    classification = {500: "INTERNAL_SERVER_ERROR", 503: "SERVICE_UNAVAILABLE"}.get(seen.status, "BAD_REQUEST")
    extensions: dict[str, object] = {"code": seen.code, "classification": classification, "requestId": seen.request_id}
    if seen.problems:
        extensions["problems"] = msgspec.to_builtins(seen.problems)
    return {"message": seen.detail, "extensions": extensions}
