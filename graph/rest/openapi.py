"""The OpenAPI 3.1 document, written from the same table that requests are served from."""

from collections.abc import Mapping
from typing import Final

from graph.access.disclosure import READABLE, rule_in_words
from graph.dsl.answers import QueryAnswer
from graph.dsl.catalog import Catalog
from graph.errors import (
    ForbiddenError,
    InvalidQueryError,
    NotAcceptableError,
    PayloadTooLargeError,
    QueryTooExpensiveError,
    RateLimitedError,
    UnauthenticatedError,
    UnsupportedMediaTypeError,
    UriTooLongError,
)
from graph.http import openapi
from graph.http.health import Liveness, Readiness
from graph.http.openapi import Json, answer, errors, operation
from graph.rest.endpoints import ENDPOINTS, Endpoint
from graph.rest.insights import INSIGHTS
from graph.rest.query import CATALOG_PATH, MEDIA_TYPES, QUERY_PATH
from graph.rest.query_schema import EXAMPLE, SCHEMAS
from infra.errors import DependencyUnavailableError

DESCRIPTION: Final = """Exact analytics of an SMS gateway platform.

Times are RFC 3339 in UTC. Windows are half-open; those of reports are snapped outward to whole hours, and at most 90
days long.
Money is a string with 6 decimals; rates are numbers with 4, rounded half up.
Every answer says with `dataAsOf` up to which event time it counts.
What not every caller may read of everybody, `x-discloses` marks:
""" + "\n".join(f"* `{secret}`: {rule_in_words(secret)}" for secret in READABLE)

SECURITY: Final[Json] = {
    "caller": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Caller",
        "description": "The calling service, on the word of a trusted network: `admin-dashboard` sees the "
        "platform, `finance-dashboard` its figures, `customer-portal` only the account in `X-Account-Id`.",
    },
    "account": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Account-Id",
        "description": "The account that customer-portal asks for.",
    },
    "tenant": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Tenant-Id",
        "description": "The tenant that customer-portal asks for.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Claims `sub`, `exp`, `roles` (`platform.admin`, `platform.finance`, `customer`), and of a "
        "customer `tenant_id` and `account_id`. Where a service mesh identifies callers, its proxies do.",
    },
}
CALLERS: Final[list[Json]] = [{"caller": []}, {"caller": [], "account": [], "tenant": []}, {"token": []}]

TAGS: Final = {
    "Reports": "Totals of the platform, an operator or an account, from PostgreSQL.",
    "Insights": "Quality and cost of networks.",
    "Queries": "Any measure by any dimension, from ClickHouse.",
    "Health": "For whoever runs the service.",
}
QUERY_ERRORS: Final = (
    *(InvalidQueryError, ForbiddenError, NotAcceptableError, PayloadTooLargeError, UnsupportedMediaTypeError),
    *(QueryTooExpensiveError, RateLimitedError),
)
_ALWAYS: Final = (UnauthenticatedError, UriTooLongError, RateLimitedError, DependencyUnavailableError)
_BESIDE: Final = {
    "description": "As in the JSON answer; only where the body has nothing but rows.",
    "schema": {"type": "string"},
}


def document() -> Json:
    """The whole document."""
    types = [endpoint.answer for endpoint in (*ENDPOINTS, *INSIGHTS)]
    paths = {
        **{endpoint.path: {"get": _operation("Reports", endpoint)} for endpoint in ENDPOINTS},
        **{endpoint.path: {"get": _operation("Insights", endpoint)} for endpoint in INSIGHTS},
        **_queries(),
        **_health(),
    }
    return openapi.document(
        DESCRIPTION, TAGS, paths, [*types, QueryAnswer, Catalog, Liveness, Readiness], SCHEMAS, SECURITY
    )


def _operation(tag: str, endpoint: Endpoint) -> Json:
    return operation(
        tag,
        endpoint.name,
        endpoint.answer.about,
        endpoint.answer.__doc__,
        CALLERS,
        {"200": answer(endpoint.answer), **errors((*endpoint.errors, *_ALWAYS))},
        parameters=[openapi.parameter(each) for each in endpoint.parameters],
    )


def _queries() -> Mapping[str, Json]:
    """The query language: its rows in three formats."""
    rows = answer(QueryAnswer)
    for media_type in MEDIA_TYPES[1:]:
        rows["content"][media_type] = {"schema": {"type": "string", "format": "binary"}}
    rows["headers"] = {**openapi.REQUEST_ID, **{f"X-Anlyt-{name}": _BESIDE for name in ("Page", "Meta", "Totals")}}
    query = operation(
        "Queries",
        "query",
        QueryAnswer.about,
        QueryAnswer.__doc__,
        CALLERS,
        {"200": rows, **errors((*QUERY_ERRORS, *_ALWAYS))},
        requestBody=openapi.body("Query", EXAMPLE),
    )
    catalog = operation(
        "Queries",
        "catalog",
        Catalog.about,
        Catalog.__doc__,
        CALLERS,
        {"200": answer(Catalog), **errors((InvalidQueryError, ForbiddenError, *_ALWAYS))},
    )
    return {QUERY_PATH: {"post": query}, CATALOG_PATH: {"get": catalog}}


def _health() -> Mapping[str, Json]:
    bad = errors((InvalidQueryError, UriTooLongError))
    live = {"200": answer(Liveness), **bad}
    ready = {"200": answer(Readiness), "503": answer(Readiness, "A required dependency is down."), **bad}
    return {
        "/health/live": {
            "get": operation("Health", "live", "Whether the process answers.", Liveness.__doc__, [], live)
        },
        "/health/ready": {
            "get": operation("Health", "ready", "Whether the API can answer.", Readiness.__doc__, [], ready)
        },
    }
