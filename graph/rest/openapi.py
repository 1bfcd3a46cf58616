"""The OpenAPI 3.1 document, written from the same table that requests are served from."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from msgspec.inspect import type_info

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
from graph.health import Liveness, Readiness
from graph.identity.disclosure import READABLE, disclosing, told
from graph.problems import MEDIA_TYPE, RETRY_AFTER, Problem, title
from graph.rest.endpoints import ENDPOINTS, Endpoint
from graph.rest.insights import INSIGHTS
from graph.rest.parameters import Parameter
from graph.rest.query import CATALOG_PATH, MEDIA_TYPES, QUERY_PATH
from graph.rest.query_schema import EXAMPLE, SCHEMAS
from infra.errors import AnlytError, DependencyUnavailableError

Json = dict[str, Any]

DESCRIPTION: Final = """Exact analytics of an SMS gateway platform.

Times are RFC 3339 in UTC. Windows are half-open; those of reports are snapped outward to whole hours, and at most 90
days long.
Money is a string with 6 decimals; rates are numbers with 4, rounded half up.
Every answer says with `dataAsOf` up to which event time it counts.
What not every caller may read of everybody, `x-discloses` marks:
""" + "\n".join(f"* `{secret}`: {told(secret)}" for secret in READABLE)

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

_REFERENCE: Final = "#/components/schemas/{name}"
QUERY_ERRORS: Final = (
    *(InvalidQueryError, ForbiddenError, NotAcceptableError, PayloadTooLargeError, UnsupportedMediaTypeError),
    *(QueryTooExpensiveError, RateLimitedError),
)
_BESIDE: Final = {
    "description": "As in the JSON answer; only where the body has nothing but rows.",
    "schema": {"type": "string"},
}
_ALWAYS: Final = (UnauthenticatedError, UriTooLongError, RateLimitedError, DependencyUnavailableError)
_REQUEST_ID: Final = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
_RETRY: Final = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}, "example": int(RETRY_AFTER)}
}
_CHALLENGE: Final = {
    "WWW-Authenticate": {"description": "How to say who is calling.", "schema": {"type": "string"}, "example": "Bearer"}
}
_OF_STATUS: Final[Mapping[int, Json]] = {
    HTTPStatus.UNAUTHORIZED: _CHALLENGE,
    HTTPStatus.TOO_MANY_REQUESTS: _RETRY,
    HTTPStatus.SERVICE_UNAVAILABLE: _RETRY,
}


def document() -> Json:
    """The whole document."""
    endpoints = (*ENDPOINTS, *INSIGHTS)
    types = (*(endpoint.answer for endpoint in endpoints), QueryAnswer, Catalog, Problem, Liveness, Readiness)
    _, schemas = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    for type_ in types:
        for struct, field, secret in disclosing(type_info(type_)):
            schemas[struct.cls.__name__]["properties"][field.encode_name]["x-discloses"] = secret
    return {
        "openapi": "3.1.0",
        "info": {"title": "anlyt", "version": "1", "description": DESCRIPTION},
        "paths": {
            **{endpoint.path: {"get": _operation(endpoint)} for endpoint in endpoints},
            **_queries(),
            **_health(),
        },
        "components": {
            "schemas": {**schemas, **SCHEMAS},
            "securitySchemes": SECURITY,
            "headers": {
                "X-Request-Id": {
                    "description": "The request's own, or a new one.",
                    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
                }
            },
        },
    }


def _operation(endpoint: Endpoint) -> Json:
    return {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": endpoint.answer.__doc__,
        "security": CALLERS,
        "parameters": [_parameter(parameter) for parameter in endpoint.parameters],
        "responses": {"200": _answer(endpoint.answer), **_errors((*endpoint.errors, *_ALWAYS))},
    }


def _parameter(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.location == "path",
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _answer(type_: type[msgspec.Struct], description: str = "The answer.") -> Json:
    return {
        "description": description,
        "headers": _REQUEST_ID,
        "content": {"application/json": {"schema": _schema(type_)}},
    }


def _errors(errors: tuple[type[AnlytError], ...]) -> Json:
    """One response a status: its description lists the codes that come with it."""
    statuses = sorted({error.status for error in errors})
    return {str(status): _problem([error for error in errors if error.status == status]) for status in statuses}


def _problem(errors: list[type[AnlytError]]) -> Json:
    return {
        "description": "; ".join(f"`{error.code}`: {title(error)}" for error in errors),
        "headers": {**_REQUEST_ID, **_OF_STATUS.get(errors[0].status, {})},
        "content": {MEDIA_TYPE: {"schema": _schema(Problem)}},
    }


def _queries() -> Mapping[str, Json]:
    """The query language: its rows in three formats."""
    bad = _errors((*QUERY_ERRORS, *_ALWAYS))
    answer = _answer(QueryAnswer)
    for media_type in MEDIA_TYPES[1:]:
        answer["content"][media_type] = {"schema": {"type": "string", "format": "binary"}}
    answer["headers"] = {**_REQUEST_ID, **{f"X-Anlyt-{name}": _BESIDE for name in ("Page", "Meta", "Totals")}}
    body = {"schema": {"$ref": _REFERENCE.format(name="Query")}, "example": EXAMPLE}
    asked = {
        "operationId": "query",
        "summary": "Measures by dimensions and time.",
        "description": QueryAnswer.__doc__,
        "security": CALLERS,
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {"200": answer, **bad},
    }
    told = {
        "operationId": "catalog",
        "summary": "What can be asked.",
        "description": Catalog.__doc__,
        "security": CALLERS,
        "responses": {"200": _answer(Catalog), **_errors((InvalidQueryError, ForbiddenError, *_ALWAYS))},
    }
    return {QUERY_PATH: {"post": asked}, CATALOG_PATH: {"get": told}}


def _health() -> Mapping[str, Json]:
    bad = _errors((InvalidQueryError, UriTooLongError))
    live = {"200": _answer(Liveness), **bad}
    ready = {"200": _answer(Readiness), "503": _answer(Readiness, "A required dependency is down."), **bad}
    return {
        "/health/live": {"get": _health_operation("live", "Whether the process answers.", live)},
        "/health/ready": {"get": _health_operation("ready", "Whether the API can answer.", ready)},
    }


def _health_operation(name: str, summary: str, responses: Json) -> Json:
    return {"operationId": name, "summary": summary, "security": [], "responses": responses}


def _schema(type_: type[msgspec.Struct]) -> Json:
    return {"$ref": _REFERENCE.format(name=type_.__name__)}
