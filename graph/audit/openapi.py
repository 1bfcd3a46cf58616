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
    PayloadTooLargeError,
    QueryTooExpensiveError,
    RateLimitedError,
    UnsupportedMediaTypeError,
    UriTooLongError,
)
from graph.exports.keys import PublicKeys
from graph.exports.openapi import Described
from graph.http import openapi
from graph.http.openapi import Json, answer, errors, operation
from infra.errors import DependencyUnavailableError

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
_QUERY: Final = (PayloadTooLargeError, UnsupportedMediaTypeError, QueryTooExpensiveError, RateLimitedError)


def document() -> Json:
    """The document."""
    schemas = {
        "AuditQuery": request.SHAPE.schema,
        "ExportQuery": exports.SHAPE.schema,
    }
    paths = {
        QUERY_PATH: {"post": _query()},
        **_exports().paths(),
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
        {"200": answer(AuditAnswer), **errors((*_ALWAYS, *_QUERY))},
        requestBody=openapi.body("AuditQuery", EXAMPLE),
    )


def _exports() -> Described:
    return Described(
        path=PATH,
        keys_path=KEYS_PATH,
        body="ExportQuery",
        example=EXAMPLE,
        answer=ExportAnswer,
        answers=ExportList,
        callers=CALLER,
        always=_ALWAYS,
        summary="Export facts as files.",
        meaning="Facts of one tenant as Parquet files in S3, with a signed manifest.",
        listing="The regulator's exports.",
    )
