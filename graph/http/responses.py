"""Answers and errors as HTTP responses."""

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.responses import Response

from graph.errors import QueryTooExpensiveError
from graph.http import problems
from graph.http.problems import MEDIA_TYPE, problem, record
from infra.faults import fault_of

LONGEST_ANSWER: Final = 48 << 20  # bytes; 90 days by the minute are 17 MB
NO_STORE: Final = {"Cache-Control": "no-store"}


def json_response(
    answer: object,
    status: int = 200,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Any struct as JSON; answers are the caller's alone and of this moment, so nobody keeps them.

    QueryTooExpensiveError for one that is longer than any answer has to be.
    """
    encoded = msgspec.json.encode(answer)
    if len(encoded) > LONGEST_ANSWER:
        raise QueryTooExpensiveError(f"The answer is longer than {LONGEST_ANSWER} bytes; ask for less at a time.")
    return Response(encoded, status, {**NO_STORE, **(headers or {})}, media_type)


def failed(error: BaseException, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that failed."""
    error = fault_of(error) or error
    record(error, request_id)
    told = problem(error, request_id)
    every = {**problems.headers(error), **(headers or {})}
    return Response(msgspec.json.encode(told), told.status, every, MEDIA_TYPE)
