"""Errors on the wire: RFC 9457 problem+json, the same shape for all of them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType
from opentelemetry import trace

from graph.errors import ApiError, InvalidQueryError, QueryProblem
from infra.errors import AnlytError, DependencyUnavailableError, MisconfiguredError, UsageError
from infra.telemetry import logger

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER: Final = "2"  # seconds: PostgreSQL restarts in less
MISCONFIGURED: Final = "This service cannot use one of its stores; its operator has to correct a setting."
TOLD: Final = (ApiError, DependencyUnavailableError, UsageError)  # whose words, or setting, a caller is told
MASKED: Final = "Something failed on our side; the log has more under this requestId."


class Problem(Struct, frozen=True, rename="camel"):
    """What went wrong, for programs (`code`) and for people (`detail`)."""

    type: Annotated[str, Meta(description="A URN of the kind of problem.")]
    title: Annotated[str, Meta(description="The kind of problem in words.")]
    status: Annotated[int, Meta(ge=400, le=599, description="The HTTP status, repeated.")]
    code: Annotated[str, Meta(pattern="^[A-Z_]+$", description="The kind of problem for programs.")]
    detail: Annotated[str, Meta(description="What was wrong with this request, and how to mend it.")]
    request_id: Annotated[str, Meta(description="The answer's X-Request-Id.")]
    problems: Annotated[
        Sequence[QueryProblem] | UnsetType, Meta(description="Of a query: everything that is wrong with it.")
    ] = UNSET


def title(error: type[AnlytError]) -> str:
    """The kind of an error in words."""
    if issubclass(error, ApiError):
        return error.title
    return "Dependency unavailable" if issubclass(error, DependencyUnavailableError) else ApiError.title


def is_internal(error: BaseException) -> bool:
    """Whether an error is ours to mend, and its words not for the caller. A UsageError is of a setting."""
    return not isinstance(error, TOLD)


def problem(error: BaseException, request_id: str) -> Problem:
    """How an error is told to a caller; what is internal is masked."""
    if not isinstance(error, TOLD):
        return Problem(_urn("INTERNAL"), ApiError.title, 500, "INTERNAL", MASKED, request_id)
    if isinstance(error, MisconfiguredError | UsageError):
        away = DependencyUnavailableError
        return Problem(_urn(away.code), title(away), away.status, away.code, MISCONFIGURED, request_id)
    problems = (error.problems if isinstance(error, InvalidQueryError) else ()) or UNSET
    return Problem(_urn(error.code), title(type(error)), error.status, error.code, str(error), request_id, problems)


def record(error: BaseException, request_id: str) -> None:
    """What is ours to mend goes to the log and the span, with its traceback; a wrong setting, with its name."""
    if isinstance(error, MisconfiguredError | UsageError):
        logger().error("a setting is wrong", requestId=request_id, why=str(error))
    if is_internal(error):
        trace.get_current_span().record_exception(error)
        logger().error("request failed", requestId=request_id, exc_info=error)


def headers(error: BaseException) -> Mapping[str, str]:
    """What an error adds to the answer's headers: when to come back, or how to say who is calling."""
    if isinstance(error, DependencyUnavailableError | UsageError):
        return {"Retry-After": RETRY_AFTER}
    return error.headers if isinstance(error, ApiError) else {}


def _urn(code: str) -> str:
    return f"urn:anlyt:problem:{code.lower().replace('_', '-')}"
