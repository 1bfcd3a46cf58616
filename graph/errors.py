"""The errors that callers of the API can cause, each with its code and its HTTP status."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from infra.errors import AnlytError, DependencyUnavailableError

LONGEST_SHOWN: Final = 60  # characters of a caller's input in a message


class ApiError(AnlytError):
    """A refused request. All errors with one code share one `title`."""

    title: ClassVar[str] = "Internal error"
    headers: Mapping[str, str] = MappingProxyType({})  # of the response


class InvalidWindowError(ApiError):
    """A malformed time, or a window that is empty, reversed or too long."""

    code, status, title = "INVALID_WINDOW", 400, "Invalid window"


class QueryProblem(Struct, frozen=True, omit_defaults=True):
    """One problem of a query."""

    path: Annotated[str, Meta(description="JSON path of the wrong value, such as `$.filter.and[0].field`.")]
    message: Annotated[str, Meta(description="What is wrong with it.")]
    allowed: Annotated[
        tuple[str, ...], Meta(description="The allowed values; if there are many, those nearest to the wrong one.")
    ] = ()


class InvalidQueryError(ApiError):
    """A wrong parameter, header or body. For a query, `problems` has all of its problems."""

    code, status, title = "INVALID_QUERY", 400, "Invalid query"

    def __init__(self, detail: str, problems: Sequence[QueryProblem] = ()) -> None:
        super().__init__(detail)
        self.problems = tuple(problems)


class UnauthenticatedError(ApiError):
    """A request without a valid credential; `challenge` says how to authenticate (RFC 9110, 11.6.1)."""

    code, status, title = "UNAUTHENTICATED", 401, "Unauthenticated"

    def __init__(self, detail: str, challenge: str = 'X-Caller realm="anlyt"') -> None:
        super().__init__(detail)
        self.headers = {"WWW-Authenticate": challenge}


class ForbiddenError(ApiError):
    """A request that this caller may never make."""

    code, status, title = "FORBIDDEN", 403, "Forbidden"


class ForbiddenAccountError(ApiError):
    """A request for an account that is not the caller's, whether it exists or not."""

    code, status, title = "FORBIDDEN_ACCOUNT", 403, "Forbidden account"


class NotFoundError(ApiError):
    """An unknown path, or an id without any data."""

    code, status, title = "NOT_FOUND", 404, "Not found"


class MethodNotAllowedError(ApiError):
    """A method that the path does not allow."""

    code, status, title = "METHOD_NOT_ALLOWED", 405, "Method not allowed"


class NotAcceptableError(ApiError):
    """An Accept header that excludes all media types of the endpoint."""

    code, status, title = "NOT_ACCEPTABLE", 406, "Not acceptable"


class RequestTimeoutError(ApiError):
    """A body that does not arrive in time."""

    code, status, title = "REQUEST_TIMEOUT", 408, "Request timeout"
    headers = MappingProxyType({"Connection": "close"})


class PayloadTooLargeError(ApiError):
    """A body longer than any request of this API."""

    code, status, title = "PAYLOAD_TOO_LARGE", 413, "Payload too large"


class UriTooLongError(ApiError):
    """A URL longer than any request of this API."""

    code, status, title = "URI_TOO_LONG", 414, "URI too long"


class UnsupportedMediaTypeError(ApiError):
    """A body that is not declared as JSON."""

    code, status, title = "UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported media type"


class RateLimitedError(ApiError):
    """A request beyond the caller's limit; `seconds` is the time to wait."""

    code, status, title = "RATE_LIMITED", 429, "Rate limited"

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(seconds)}


class QueryTooExpensiveError(ApiError):
    """A request beyond the limits of one request."""

    code, status, title = "QUERY_TOO_EXPENSIVE", 422, "Query too expensive"


class OverloadedError(DependencyUnavailableError):
    """More was requested at once than can be answered in time; the caller should retry later."""

    def __init__(self) -> None:
        super().__init__("Too many reports are requested at this moment; try again in a few seconds.")


class ServerStoppingError(ApiError):
    """A subscription that ends because this process stops; the client may reconnect to another one."""

    code, status, title = "DEPENDENCY_UNAVAILABLE", 503, "Dependency unavailable"


def shown(written: object) -> str:
    """Returns a caller's input as ASCII JSON, truncated to LONGEST_SHOWN characters."""
    text = json.dumps(written, default=str)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
