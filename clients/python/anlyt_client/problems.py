"""A class for each error code of the API.

Made by `python -m tools.export`; do not edit.
"""

from collections.abc import Mapping
from typing import Final

from anlyt_client.errors import ApiError


class InvalidWindowError(ApiError):
    """A malformed time, or a window that is empty, reversed or too long: `INVALID_WINDOW`."""


class InvalidQueryError(ApiError):
    """A wrong parameter, header or body: `INVALID_QUERY`."""


class UnauthenticatedError(ApiError):
    """A request without a valid credential: `UNAUTHENTICATED`."""


class ForbiddenError(ApiError):
    """A request that this caller may never make: `FORBIDDEN`."""


class ForbiddenAccountError(ApiError):
    """A request for an account that is not the caller's, whether it exists or not: `FORBIDDEN_ACCOUNT`."""


class NotFoundError(ApiError):
    """An unknown path, or an id without any data: `NOT_FOUND`."""


class MethodNotAllowedError(ApiError):
    """A method that the path does not allow: `METHOD_NOT_ALLOWED`."""


class NotAcceptableError(ApiError):
    """An Accept header that excludes all media types of the endpoint: `NOT_ACCEPTABLE`."""


class RequestTimeoutError(ApiError):
    """A body that does not arrive in time: `REQUEST_TIMEOUT`."""


class PayloadTooLargeError(ApiError):
    """A body longer than any request of this API: `PAYLOAD_TOO_LARGE`."""


class UriTooLongError(ApiError):
    """A URL longer than any request of this API: `URI_TOO_LONG`."""


class UnsupportedMediaTypeError(ApiError):
    """A body that is not declared as JSON: `UNSUPPORTED_MEDIA_TYPE`."""


class RateLimitedError(ApiError):
    """A request beyond the caller's limit: `RATE_LIMITED`."""


class QueryTooExpensiveError(ApiError):
    """A request beyond the limits of one request: `QUERY_TOO_EXPENSIVE`."""


class DependencyUnavailableError(ApiError):
    """NATS, PostgreSQL or ClickHouse does not answer: `DEPENDENCY_UNAVAILABLE`."""


ERRORS: Final[Mapping[str, type[ApiError]]] = {
    "INVALID_WINDOW": InvalidWindowError,
    "INVALID_QUERY": InvalidQueryError,
    "UNAUTHENTICATED": UnauthenticatedError,
    "FORBIDDEN": ForbiddenError,
    "FORBIDDEN_ACCOUNT": ForbiddenAccountError,
    "NOT_FOUND": NotFoundError,
    "METHOD_NOT_ALLOWED": MethodNotAllowedError,
    "NOT_ACCEPTABLE": NotAcceptableError,
    "REQUEST_TIMEOUT": RequestTimeoutError,
    "PAYLOAD_TOO_LARGE": PayloadTooLargeError,
    "URI_TOO_LONG": UriTooLongError,
    "UNSUPPORTED_MEDIA_TYPE": UnsupportedMediaTypeError,
    "RATE_LIMITED": RateLimitedError,
    "QUERY_TOO_EXPENSIVE": QueryTooExpensiveError,
    "DEPENDENCY_UNAVAILABLE": DependencyUnavailableError,
}

STATUSES: Final[Mapping[str, int]] = {
    "INVALID_WINDOW": 400,
    "INVALID_QUERY": 400,
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "FORBIDDEN_ACCOUNT": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "REQUEST_TIMEOUT": 408,
    "PAYLOAD_TOO_LARGE": 413,
    "URI_TOO_LONG": 414,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RATE_LIMITED": 429,
    "QUERY_TOO_EXPENSIVE": 422,
    "DEPENDENCY_UNAVAILABLE": 503,
}
