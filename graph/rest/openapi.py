"""The OpenAPI 3.1 document, made from the list of endpoints that also serves requests."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

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
from graph.exports.keys import PublicKeys
from graph.exports.openapi import Described
from graph.http import openapi
from graph.http.health import Liveness, Readiness
from graph.http.openapi import Json, answer, errors, operation
from graph.rest.endpoints import ENDPOINTS, Endpoint
from graph.rest.exports import request as exports
from graph.rest.exports.answers import ExportAnswer, ExportList
from graph.rest.exports.routes import KEY, KEYS_PATH, PATH
from graph.rest.insights import INSIGHTS
from graph.rest.query import CATALOG_PATH, MEDIA_TYPES, QUERY_PATH
from graph.rest.query_schema import EXAMPLE, SCHEMAS
from infra.errors import DependencyUnavailableError

DESCRIPTION: Final = """Exact analytics of an SMS gateway platform.

Times are RFC 3339 in UTC. Windows are half-open; windows of reports are snapped outward to whole hours, and are at
most 90 days long.
Money is a string with 6 decimals. Rates are numbers with 4 decimals, rounded half up.
`dataAsOf` is the newest event time whose effect is in the answer.
`x-discloses` marks restricted information, and who may read it:
""" + "\n".join(f"* `{secret}`: {rule_in_words(secret)}" for secret in READABLE)

SECURITY: Final[Json] = {
    "caller": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Caller",
        "description": "The calling service, as a trusted network asserts it. `admin-dashboard` sees the platform, "
        "`finance-dashboard` its figures, and `customer-portal` only the account in `X-Account-Id`.",
    },
    "account": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Account-Id",
        "description": "The account on whose behalf customer-portal calls.",
    },
    "tenant": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Tenant-Id",
        "description": "The tenant on whose behalf customer-portal calls.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A JWT with the claims `sub`, `exp` and `roles` (`platform.admin`, `platform.finance`, "
        "`customer`); a customer's has `tenant_id` and `account_id`, too. With a service mesh, its proxies identify "
        "callers instead.",
    },
}
CALLERS: Final[list[Json]] = [{"caller": []}, {"caller": [], "account": [], "tenant": []}, {"token": []}]

TAGS: Final = {
    "Reports": "Totals of the platform, an operator or an account, from PostgreSQL.",
    "Insights": "Quality and cost of networks.",
    "Queries": "Any measure by any dimension, from ClickHouse.",
    "Exports": "Whole results of queries as files, written in the background.",
    "Health": "For the operators of the service.",
}
QUERY_ERRORS: Final = (
    *(InvalidQueryError, ForbiddenError, NotAcceptableError, PayloadTooLargeError, UnsupportedMediaTypeError),
    *(QueryTooExpensiveError, RateLimitedError),
)
_ALWAYS: Final = (UnauthenticatedError, UriTooLongError, RateLimitedError, DependencyUnavailableError)
EXPORTS: Final = Described(
    path=PATH,
    keys_path=KEYS_PATH,
    body="ExportQuery",
    example={"format": "parquet", **EXAMPLE},
    answer=ExportAnswer,
    answers=ExportList,
    callers=CALLERS,
    always=(InvalidQueryError, ForbiddenError, *_ALWAYS),
    summary="Export the whole result of a query as files.",
    meaning="All rows of a query, past the row cap, as files in S3 with a signed manifest; figures as in the query's "
    "own answer.",
    listing="The caller's exports.",
    headers=(KEY,),
)
_ABOUT_ROWS: Final = {
    "description": "As in the JSON answer; present when the body has rows only (CSV and Arrow).",
    "schema": {"type": "string"},
}


def document() -> Json:
    """The whole document."""
    types: list[type[Struct]] = [endpoint.answer for endpoint in (*ENDPOINTS, *INSIGHTS)]
    paths = {
        **{endpoint.path: {"get": _operation("Reports", endpoint)} for endpoint in ENDPOINTS},
        **{endpoint.path: {"get": _operation("Insights", endpoint)} for endpoint in INSIGHTS},
        **_queries(),
        **EXPORTS.paths(),
        **_health(),
    }
    types += [QueryAnswer, Catalog, ExportAnswer, ExportList, PublicKeys, Liveness, Readiness]
    schemas = {**SCHEMAS, "ExportQuery": exports.SHAPE.schema}
    return openapi.document(DESCRIPTION, TAGS, paths, types, schemas, SECURITY)


def _operation(tag: str, endpoint: Endpoint) -> Json:
    return operation(
        tag,
        endpoint.name,
        endpoint.answer.about,
        endpoint.answer.__doc__,
        CALLERS,
        {
            "200": answer(endpoint.answer, is_cached=True),
            **openapi.not_modified(),
            **errors((*endpoint.errors, *_ALWAYS)),
        },
        parameters=[*map(openapi.parameter, endpoint.parameters), openapi.IF_NONE_MATCH],
    )


def _queries() -> Mapping[str, Json]:
    """The operations of the query language, whose rows have three formats."""
    rows = answer(QueryAnswer, is_cached=True)
    for media_type in MEDIA_TYPES[1:]:
        rows["content"][media_type] = {"schema": {"type": "string", "format": "binary"}}
    rows["headers"] |= {f"X-Anlyt-{name}": _ABOUT_ROWS for name in ("Page", "Meta", "Totals")}
    query = operation(
        "Queries",
        "query",
        QueryAnswer.about,
        QueryAnswer.__doc__,
        CALLERS,
        {"200": rows, **openapi.not_modified(), **errors((*QUERY_ERRORS, *_ALWAYS))},
        parameters=[openapi.IF_NONE_MATCH],
        requestBody=openapi.body("Query", EXAMPLE),
    )
    catalog = operation(
        "Queries",
        "catalog",
        Catalog.about,
        Catalog.__doc__,
        CALLERS,
        {
            "200": answer(Catalog, is_cached=True),
            **openapi.not_modified(),
            **errors((InvalidQueryError, ForbiddenError, *_ALWAYS)),
        },
        parameters=[openapi.IF_NONE_MATCH],
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
