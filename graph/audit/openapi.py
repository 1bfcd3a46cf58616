"""The OpenAPI document of the audit listener."""

from typing import Final

from graph.audit import request
from graph.audit.answers import AuditAnswer
from graph.audit.exports import request as exports
from graph.audit.exports.answers import ExportAnswer, ExportList
from graph.audit.exports.routes import KEYS_PATH, PATH
from graph.audit.request import QUERY_PATH
from graph.audit.tlog import CHECKPOINT_PATH, CONSISTENCY_PATH, SIZE, Consistency
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
from graph.exports.openapi import Described
from graph.http import openapi
from graph.http.openapi import Json, answer, errors, operation
from graph.http.parameters import Parameter
from infra.errors import DependencyUnavailableError

DESCRIPTION: Final = """What the regulator may read of an SMS gateway platform: one tenant's facts, and exports of them.

The listener answers a client certificate of its authority whose URI or DNS name is `regulator-portal-service`.
Times are RFC 3339 in UTC, windows half-open, money a string with 6 decimals. Each access is logged before it is
answered.
"""
TAGS: Final = {
    "Audit": "One tenant's facts, page by page.",
    "Transparency log": "What cannot be changed any more: checkpoints, tiles and proofs of C2SP and RFC 6962.",
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
        **_log(),
    }
    types = (AuditAnswer, ExportAnswer, ExportList, PublicKeys, Consistency)
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


def _log() -> Json:
    """The paths of the transparency log."""
    texts = {"text/plain": {"schema": {"type": "string"}}}
    hashes = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    path = Parameter("path", {"type": "string"}, "Such as `0/x001/234`, `1/000.p/5` or `entries/000`.", "path")

    def read(name: str, about: str, success: Json, *parameters: Parameter) -> Json:
        failures = errors((*_ALWAYS, NotFoundError))
        declared = [openapi.parameter(each) for each in parameters]
        more = {"parameters": declared} if declared else {}
        return {"get": operation("Transparency log", name, about, None, CALLER, {"200": success, **failures}, **more)}

    return {
        CHECKPOINT_PATH: read(
            "auditCheckpoint",
            "The newest checkpoint. A signed note of C2SP `tlog-checkpoint`.",
            {"description": "The note.", "headers": openapi.headers(), "content": texts},
        ),
        "/tile/{path}": read(
            "auditTile",
            "A tile of the log, or the entries of one. Paths and contents are those of C2SP `tlog-tiles`.",
            {"description": "Hashes, or entries after their lengths.", "headers": openapi.headers(), "content": hashes},
            path,
        ),
        CONSISTENCY_PATH: read("auditConsistency", str(Consistency.__doc__), answer(Consistency), SIZE),
    }


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
