"""Errors in a GraphQL answer, with the codes and words of REST."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec
from graphql import GraphQLError

from graph.errors import InvalidQueryError
from graph.http.problems import Problem, as_problem, log_failure
from infra.faults import fault_of


def as_payload(error: GraphQLError, request_id: str) -> Mapping[str, Any]:
    """One error of a document or a field, for `errors`; what is internal is logged and masked."""
    cause = cause_of(error)
    log_failure(cause, request_id)
    formatted = cast(Mapping[str, Any], error.formatted)
    where = {key: formatted[key] for key in ("locations", "path") if key in formatted}
    return {**problem_payload(as_problem(cause, request_id)), **where}


def problem_payload(found: Problem) -> Mapping[str, Any]:
    """`classification`, as other servers have it, tells tools who has to fix the request: the caller or we."""
    classification = {500: "INTERNAL_SERVER_ERROR", 503: "SERVICE_UNAVAILABLE"}.get(found.status, "BAD_REQUEST")
    extensions: dict[str, object] = {
        "code": found.code,
        "classification": classification,
        "requestId": found.request_id,
    }
    if found.problems:
        extensions["problems"] = msgspec.to_builtins(found.problems)
    return {"message": found.detail, "extensions": extensions}


def worst_status(errors: Iterable[GraphQLError]) -> int:
    """The highest of the statuses that REST would answer these errors with; at least one error."""
    return max(as_problem(cause_of(error), "").status for error in errors)


def cause_of(error: GraphQLError) -> Exception:
    """What was raised. What graphql-core itself reports (syntax, validation, arguments) is the caller's to fix."""
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return InvalidQueryError(error.message)
    return fault_of(cause) or cause
