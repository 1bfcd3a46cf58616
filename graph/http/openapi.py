"""Builds the parts of an OpenAPI 3.1 document, for both listeners."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.inspect import type_info

from graph.access.disclosure import disclosing_fields
from graph.http.parameters import Parameter
from graph.http.problems import MEDIA_TYPE, RETRY_AFTER, Problem, title
from infra.errors import AnlytError
from schema.version import VERSION

Json = dict[str, Any]

INFO: Final[Json] = {
    "title": "anlyt",
    "version": VERSION,
    "contact": {"name": "The operators of the platform"},
    "license": {"name": "Private, for the services of the platform", "identifier": "LicenseRef-Private"},
}
SERVERS: Final[list[Json]] = [{"url": "/", "description": "The server that serves this document."}]
IF_NONE_MATCH: Final[Json] = {"$ref": "#/components/parameters/If-None-Match"}

_REFERENCE: Final = "#/components/schemas/{name}"
_RETRY: Final = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}, "example": int(RETRY_AFTER)}
}
_CHALLENGE: Final = {
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}, "example": "Bearer"}
}
_OF_STATUS: Final[Mapping[int, Json]] = {
    HTTPStatus.UNAUTHORIZED: _CHALLENGE,
    HTTPStatus.TOO_MANY_REQUESTS: _RETRY,
    HTTPStatus.SERVICE_UNAVAILABLE: _RETRY,
}
_HEADERS: Final[Json] = {
    "X-Request-Id": {
        "description": "The request's own X-Request-Id, or a new one.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    },
    "Vary": {
        "description": "The request's headers on which the answer depends.",
        "schema": {"type": "string"},
    },
    "Content-Encoding": {
        "description": "zstd, br or gzip, as `Accept-Encoding` prefers, for answers from 1 KiB; absent otherwise.",
        "schema": {"enum": ["zstd", "br", "gzip"]},
    },
    "RateLimit-Policy": {
        "description": "The limits of this caller: `q` units per `w` seconds. Absent for callers without a limit.",
        "schema": {"type": "string"},
        "example": '"requests";q=5000;w=5',
    },
    "RateLimit": {
        "description": "What is left of each limit: `r` units, more of them in `t` seconds.",
        "schema": {"type": "string"},
        "example": '"requests";r=4999;t=1',
    },
    "ETag": {
        "description": "Identifies the answer, for `If-None-Match`. Absent if a change could go unnoticed.",
        "schema": {"type": "string", "pattern": '^W/"[!#-~]*"$'},
        "example": 'W/"0a1b2c3d4e5f60718293a4b5c6d7e8f9"',
    },
    "Cache-Control": {
        "description": "Only the caller's own cache may keep the answer, for a while if its days are reconciled.",
        "schema": {"type": "string"},
        "example": "private, max-age=0, must-revalidate",
    },
}
_PARAMETERS: Final[Json] = {
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "ETags of answers that the caller has: 304 without a body if the answer is still one of them.",
        "schema": {"type": "string"},
    }
}
_SHARED: Final[Json] = {"headers": _HEADERS, "parameters": _PARAMETERS}
_OF_ALL: Final = ("X-Request-Id", "Vary", "Content-Encoding", "RateLimit-Policy", "RateLimit")
_OF_CACHED: Final = ("ETag", "Cache-Control")


def headers(*names: str) -> Json:
    """The headers that all answers have, and further ones of `components`."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*_OF_ALL, *names)}


def document(
    description: str,
    tags: Mapping[str, str],
    paths: Json,
    types: Sequence[type[Struct]],
    schemas: Mapping[str, Json],
    security: Json,
) -> Json:
    """The whole document. `tags`: name -> meaning; `types`: the response types; `schemas`: all other schemas."""
    _, components = msgspec.json.schema_components((*types, Problem), ref_template=_REFERENCE)
    for type_ in types:
        for struct, field, secret in disclosing_fields(type_info(type_)):
            components[struct.cls.__name__]["properties"][field.encode_name]["x-discloses"] = secret
    return {
        "openapi": "3.1.0",
        "info": {**INFO, "description": description},
        "servers": SERVERS,
        "tags": [{"name": name, "description": meaning} for name, meaning in tags.items()],
        "paths": paths,
        "components": {
            "schemas": {**components, **schemas},
            "securitySchemes": security,
            **{kind: used for kind, parts in _SHARED.items() if (used := _used(kind, parts, paths))},
        },
    }


def _used(kind: str, parts: Json, paths: Json) -> Json:
    """The shared parts of a kind to which the paths refer."""
    text = json.dumps(paths)
    return {name: part for name, part in parts.items() if f'"#/components/{kind}/{name}"' in text}


def operation(
    tag: str, name: str, about: str, description: str | None, security: list[Json], responses: Json, **more: Any
) -> Json:
    """One operation. Its summary is the first sentence of `about`; `more` are its parameters and its body."""
    summary, more_follows, rest = about.partition(". ")
    text = {"summary": f"{summary}." if more_follows else summary, "description": f"{description or ''} {rest}".strip()}
    described = {"operationId": name, **text, "tags": [tag]}
    return {**described, "security": security, **more, "responses": responses}


def parameter(declared: Parameter) -> Json:
    """One parameter of an operation."""
    return {
        "name": declared.name,
        "in": declared.location,
        "required": declared.location == "path",
        "description": declared.description,
        "schema": declared.schema,
    }


def body(name: str, example: object) -> Json:
    """A required JSON body with the schema `name`."""
    schema = {"$ref": _REFERENCE.format(name=name)}
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def not_modified() -> Json:
    """The responses to a request whose caller has the answer."""
    return {"304": {"description": "The caller has the answer already.", "headers": headers(*_OF_CACHED)}}


def answer(type_: type[Struct], description: str = "The answer.", *, is_cached: bool = False) -> Json:
    """A JSON response of this type. `is_cached`: it may have an ETag."""
    return {
        "description": description,
        "headers": headers(*_OF_CACHED) if is_cached else headers(),
        "content": {"application/json": {"schema": _schema(type_)}},
    }


def errors(kinds: Sequence[type[AnlytError]]) -> Json:
    """One response per status; its description lists the error codes with that status."""
    statuses = sorted({kind.status for kind in kinds})
    return {str(status): _problem([kind for kind in kinds if kind.status == status]) for status in statuses}


def _problem(kinds: Sequence[type[AnlytError]]) -> Json:
    return {
        "description": "; ".join(f"`{kind.code}`: {title(kind)}" for kind in dict.fromkeys(kinds)),
        "headers": {**headers(), **_OF_STATUS.get(kinds[0].status, {})},
        "content": {MEDIA_TYPE: {"schema": _schema(Problem)}},
    }


def _schema(type_: type[Struct]) -> Json:
    return {"$ref": _REFERENCE.format(name=type_.__name__)}
