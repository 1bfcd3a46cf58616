"""Makes HTTP responses of answers and errors."""

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.responses import Response

from graph.errors import QueryTooExpensiveError
from graph.http import problems
from graph.http.problems import MEDIA_TYPE, as_problem, log_failure
from infra.faults import fault_of

LONGEST_ANSWER: Final = 48 << 20  # bytes; 90 days in buckets of a minute are 17 MB
NO_STORE: Final = {"Cache-Control": "no-store"}


def json_response(
    answer: object,
    status: int = 200,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Returns a struct as JSON, which no cache may store unless `headers` say so.

    Raises QueryTooExpensiveError above LONGEST_ANSWER.
    """
    encoded = msgspec.json.encode(answer)
    if len(encoded) > LONGEST_ANSWER:
        raise QueryTooExpensiveError(f"The answer is longer than {LONGEST_ANSWER} bytes; request a shorter window.")
    return Response(encoded, status, {**NO_STORE, **(headers or {})}, media_type)


def problem_response(error: BaseException, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """Returns an error as a problem document, and logs it when it is not the caller's mistake."""
    error = fault_of(error) or error
    log_failure(error, request_id)
    problem = as_problem(error, request_id)
    all_headers = {**NO_STORE, **problems.headers(error), **(headers or {})}
    return Response(msgspec.json.encode(problem), problem.status, all_headers, MEDIA_TYPE)
