"""Errors as responses: problem documents (RFC 9457), with one shape for all errors."""

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
PUBLIC_ERRORS: Final = (ApiError, DependencyUnavailableError, UsageError)  # not masked as internal errors
MASKED: Final = "Something failed on our side; the log has more under this requestId."


class Problem(Struct, frozen=True, rename="camel"):
    """An error, for programs (`code`) and for people (`detail`)."""

    type: Annotated[str, Meta(description="A URN of the kind of problem.")]
    title: Annotated[str, Meta(description="The kind of problem in words.")]
    status: Annotated[int, Meta(ge=400, le=599, description="The HTTP status, repeated.")]
    code: Annotated[str, Meta(pattern="^[A-Z_]+$", description="The kind of problem for programs.")]
    detail: Annotated[str, Meta(description="What was wrong with this request, and how to fix it.")]
    request_id: Annotated[str, Meta(description="The response's X-Request-Id.")]
    problems: Annotated[
        Sequence[QueryProblem] | UnsetType, Meta(description="All problems of a query; absent for other errors.")
    ] = UNSET


def title(error: type[AnlytError]) -> str:
    """The title of an error class: the kind of problem in words."""
    if issubclass(error, ApiError):
        return error.title
    return "Dependency unavailable" if issubclass(error, DependencyUnavailableError) else ApiError.title


def is_internal(error: BaseException) -> bool:
    """Whether an error is a fault of this service, whose message callers must not see."""
    return not isinstance(error, PUBLIC_ERRORS)


def as_problem(error: BaseException, request_id: str) -> Problem:
    """The problem document of an error. Masks internal errors, and the details of wrong settings."""
    if not isinstance(error, PUBLIC_ERRORS):
        return Problem(_urn("INTERNAL"), ApiError.title, 500, "INTERNAL", MASKED, request_id)
    if isinstance(error, MisconfiguredError | UsageError):
        unavailable = DependencyUnavailableError
        urn, name = _urn(unavailable.code), title(unavailable)
        return Problem(urn, name, unavailable.status, unavailable.code, MISCONFIGURED, request_id)
    problems = (error.problems if isinstance(error, InvalidQueryError) else ()) or UNSET
    return Problem(_urn(error.code), title(type(error)), error.status, error.code, str(error), request_id, problems)


def log_failure(error: BaseException, request_id: str) -> None:
    """Logs wrong settings and internal errors; an internal error also goes to the span. Ignores callers' mistakes."""
    if isinstance(error, MisconfiguredError | UsageError):
        logger().error("a setting is wrong", requestId=request_id, why=str(error))
    if is_internal(error):
        trace.get_current_span().record_exception(error)
        logger().error("request failed", requestId=request_id, exc_info=error)


def headers(error: BaseException) -> Mapping[str, str]:
    """The response headers of an error, such as Retry-After and WWW-Authenticate."""
    if isinstance(error, DependencyUnavailableError | UsageError):
        return {"Retry-After": RETRY_AFTER}
    return error.headers if isinstance(error, ApiError) else {}


def _urn(code: str) -> str:
    return f"urn:anlyt:problem:{code.lower().replace('_', '-')}"
