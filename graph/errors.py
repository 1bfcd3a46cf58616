"""What a caller of the API can do wrong, each with the code and the status it is answered with."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from infra.errors import AnlytError

LONGEST_SHOWN: Final = 60  # characters of what a caller wrote, in a message


class ApiError(AnlytError):
    """A request that gets no answer; `title` is the same for every error of a code."""

    title: ClassVar[str] = "Internal error"
    headers: Mapping[str, str] = MappingProxyType({})  # of the answer


class InvalidWindowError(ApiError):
    """A time that cannot be read, or a window that is empty, reversed or too long."""

    code, status, title = "INVALID_WINDOW", 400, "Invalid window"


class QueryProblem(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with a query."""

    path: Annotated[str, Meta(description="Where, as a JSON path: `$.filter.and[0].field`.")]
    message: Annotated[str, Meta(description="What is wrong with it.")]
    allowed: Annotated[tuple[str, ...], Meta(description="What may stand there; of many, the nearest.")] = ()


class InvalidQueryError(ApiError):
    """A parameter, header or body that this operation does not take; a query's has all of its problems."""

    code, status, title = "INVALID_QUERY", 400, "Invalid query"

    def __init__(self, detail: str, problems: Sequence[QueryProblem] = ()) -> None:
        super().__init__(detail)
        self.problems = tuple(problems)


class UnauthenticatedError(ApiError):
    """Nothing that can be believed says who is calling; `challenge` is how to say it (RFC 9110, 11.6.1)."""

    code, status, title = "UNAUTHENTICATED", 401, "Unauthenticated"

    def __init__(self, detail: str, challenge: str = 'X-Caller realm="anlyt"') -> None:
        super().__init__(detail)
        self.headers = {"WWW-Authenticate": challenge}


class ForbiddenError(ApiError):
    """This caller may not ask this, whatever the answer would be."""

    code, status, title = "FORBIDDEN", 403, "Forbidden"


class ForbiddenAccountError(ApiError):
    """This caller sees another account than the one it asks for, which may or may not exist."""

    code, status, title = "FORBIDDEN_ACCOUNT", 403, "Forbidden account"


class NotFoundError(ApiError):
    """No such path, or nothing is known of what was asked for."""

    code, status, title = "NOT_FOUND", 404, "Not found"


class MethodNotAllowedError(ApiError):
    """The path exists, under another method."""

    code, status, title = "METHOD_NOT_ALLOWED", 405, "Method not allowed"


class NotAcceptableError(ApiError):
    """A client that takes none of the media types that are answered here."""

    code, status, title = "NOT_ACCEPTABLE", 406, "Not acceptable"


class RequestTimeoutError(ApiError):
    """A body that does not arrive."""

    code, status, title = "REQUEST_TIMEOUT", 408, "Request timeout"
    headers = MappingProxyType({"Connection": "close"})


class PayloadTooLargeError(ApiError):
    """A body longer than any request of this API."""

    code, status, title = "PAYLOAD_TOO_LARGE", 413, "Payload too large"


class UriTooLongError(ApiError):
    """A URL longer than any request of this API."""

    code, status, title = "URI_TOO_LONG", 414, "URI too long"


class UnsupportedMediaTypeError(ApiError):
    """A body that does not say it is JSON."""

    code, status, title = "UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported media type"


class RateLimitedError(ApiError):
    """More than this caller may ask for now; `seconds` until it may again."""

    code, status, title = "RATE_LIMITED", 429, "Rate limited"

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(seconds)}


class QueryTooExpensiveError(ApiError):
    """A request for more than one request may have."""

    code, status, title = "QUERY_TOO_EXPENSIVE", 422, "Query too expensive"


class ServerStoppingError(ApiError):
    """A stream of answers that this process ends because it stops; another one goes on with it."""

    code, status, title = "DEPENDENCY_UNAVAILABLE", 503, "Dependency unavailable"


def shown(written: object) -> str:
    """What was written, as ASCII JSON, cut short."""
    text = json.dumps(written, default=str)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
