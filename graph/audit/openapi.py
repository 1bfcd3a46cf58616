"""The OpenAPI document of the audit listener."""

from typing import Final

from graph.audit import request
from graph.audit.answers import AuditAnswer
from graph.audit.exports import request as exports
from graph.audit.exports.answers import ExportAnswer, ExportList
from graph.audit.exports.routes import KEYS_PATH, PATH
from graph.audit.request import QUERY_PATH
from graph.errors import (
    ForbiddenError,
    InvalidQueryError,
    NotFoundError,
    PayloadTooLargeError,
    QueryTooExpensiveError,
    RateLimitedError,
    UnsupportedMediaTypeError,
    UriTooLongError,
)
from graph.exports.keys import PublicKeys
from graph.exports.routes import AFTER, ID, LIMIT
from graph.http import openapi
from graph.http.openapi import Json, answer, errors, operation
from graph.http.parameters import Parameter
from infra.errors import AnlytError, DependencyUnavailableError

DESCRIPTION: Final = """What the regulator may read of an SMS gateway platform: one tenant's facts, and exports of them.

The listener answers a client certificate of its authority whose URI or DNS name is `regulator-portal-service`.
Times are RFC 3339 in UTC, windows half-open, money a string with 6 decimals. Each access is logged before it is
answered.
"""
TAGS: Final = {
    "Audit": "One tenant's facts, page by page.",
    "Exports": "Larger results as Parquet files, written in the background.",
}
SECURITY: Final[Json] = {
    "certificate": {"type": "mutualTLS", "description": "A certificate of the authority in ANLYT_TLS_CLIENT_CA."}
}
CALLER: Final[list[Json]] = [{"certificate": []}]

EXAMPLE: Final = {"tenantId": "tenant-001", "last": "30d"}

_ALWAYS: Final = (ForbiddenError, InvalidQueryError, UriTooLongError, DependencyUnavailableError)
_BODY: Final = (PayloadTooLargeError, UnsupportedMediaTypeError)


def document() -> Json:
    """The document."""
    schemas = {
        "AuditQuery": request.SHAPE.schema,
        "ExportQuery": exports.SHAPE.schema,
    }
    paths = {
        QUERY_PATH: {"post": _query()},
        PATH: {"post": _request(), "get": _list()},
        f"{PATH}/{{id}}": {"get": _status(), "delete": _cancel()},
        KEYS_PATH: {"get": _keys()},
    }
    types = (AuditAnswer, ExportAnswer, ExportList, PublicKeys)
    return openapi.document(DESCRIPTION, TAGS, paths, types, schemas, SECURITY)


def _query() -> Json:
    return operation(
        "Audit",
        "auditQuery",
        AuditAnswer.about,
        AuditAnswer.__doc__,
        CALLER,
        {"200": answer(AuditAnswer), **_errors(*_BODY, QueryTooExpensiveError, RateLimitedError)},
        requestBody=openapi.body("AuditQuery", EXAMPLE),
    )


def _request() -> Json:
    location = {"description": "The path of the export.", "schema": {"type": "string"}}
    accepted = answer(ExportAnswer, "Accepted; the files are written in the background.")
    accepted["headers"] = {**openapi.headers(), "Location": location}
    return operation(
        "Exports",
        "requestExport",
        "Export facts as files.",
        "Facts of one tenant as Parquet files in S3, with a signed manifest.",
        CALLER,
        {"202": accepted, **_errors(*_BODY, RateLimitedError)},
        requestBody=openapi.body("ExportQuery", EXAMPLE),
    )


def _list() -> Json:
    responses = {"200": answer(ExportList), **_errors()}
    return _export("listExports", "The regulator's exports.", ExportList.__doc__, responses, LIMIT, AFTER)


def _status() -> Json:
    responses = {"200": answer(ExportAnswer), **_errors(NotFoundError)}
    return _export("followExport", "The status of an export, and its files.", ExportAnswer.__doc__, responses, ID)


def _cancel() -> Json:
    responses = {"200": answer(ExportAnswer), **_errors(NotFoundError)}
    return _export("cancelExport", "Cancel an export.", ExportAnswer.__doc__, responses, ID)


def _keys() -> Json:
    responses = {"200": answer(PublicKeys), **_errors()}
    return _export("exportKeys", "The public keys that verify manifests.", PublicKeys.__doc__, responses)


def _export(name: str, summary: str, description: str | None, responses: Json, *parameters: Parameter) -> Json:
    declared = {"parameters": [openapi.parameter(each) for each in parameters]} if parameters else {}
    return operation("Exports", name, summary, description, CALLER, responses, **declared)


def _errors(*more: type[AnlytError]) -> Json:
    return errors((*_ALWAYS, *more))
