"""The errors in a GraphQL answer, with the codes and messages of REST."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec
from graphql import GraphQLError

from graph.errors import InvalidQueryError
from graph.http.problems import Problem, as_problem, log_failure
from infra.faults import fault_of


def as_payload(error: GraphQLError, request_id: str) -> Mapping[str, Any]:
    """One entry of `errors`, for an error of a document or field. Internal errors are logged and masked."""
    cause = cause_of(error)
    log_failure(cause, request_id)
    formatted = cast(Mapping[str, Any], error.formatted)
    where = {key: formatted[key] for key in ("locations", "path") if key in formatted}
    return {**problem_payload(as_problem(cause, request_id)), **where}


def problem_payload(problem: Problem) -> Mapping[str, Any]:
    """One entry of `errors`, for a problem. `classification` says whether the caller or the server is at fault."""
    classification = {500: "INTERNAL_SERVER_ERROR", 503: "SERVICE_UNAVAILABLE"}.get(problem.status, "BAD_REQUEST")
    extensions: dict[str, object] = {
        "code": problem.code,
        "classification": classification,
        "requestId": problem.request_id,
    }
    if problem.problems:
        extensions["problems"] = msgspec.to_builtins(problem.problems)
    return {"message": problem.detail, "extensions": extensions}


def worst_status(errors: Iterable[GraphQLError]) -> int:
    """The highest HTTP status of one or more errors, as REST would answer them."""
    return max(as_problem(cause_of(error), "").status for error in errors)


def cause_of(error: GraphQLError) -> Exception:
    """The cause of an error. Errors of graphql-core (syntax, validation, arguments) are the caller's mistakes."""
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return InvalidQueryError(error.message)
    return fault_of(cause) or cause
