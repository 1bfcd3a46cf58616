"""Requests: POST of JSON, or GET of a persisted operation."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request

from graph.errors import InvalidQueryError
from graph.http.bodies import read_json

PARAMETERS: Final = frozenset({"documentId", "variables", "operationName", "extensions"})


class PersistedQuery(Struct, frozen=True):
    """The hash of a document, as Apollo's clients send it."""

    sha256_hash: Annotated[str, Meta(max_length=80)] = msgspec.field(name="sha256Hash")


class Extensions(Struct, frozen=True, rename="camel"):
    """The extensions of a request. Unknown ones are ignored."""

    persisted_query: PersistedQuery | None = None


class Operation(Struct, frozen=True, rename="camel"):
    """A request: a document, or the hash of a persisted one in `documentId` or Apollo's extension."""

    query: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    document_id: Annotated[str, Meta(max_length=80)] | None = None
    extensions: Extensions | None = None

    @property
    def hash(self) -> str | None:
        """The SHA-256 of the document, in hexadecimal; None if the request has only its text."""
        apollo = self.extensions.persisted_query if self.extensions else None
        hash_ = self.document_id or (apollo.sha256_hash if apollo else None)
        return hash_.removeprefix("sha256:") if hash_ else None


async def read_body(request: Request) -> Operation:
    """The operation in a body. Raises UnsupportedMediaTypeError, PayloadTooLargeError, InvalidQueryError."""
    body = await read_json(request)
    try:
        return msgspec.json.decode(body, type=Operation)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidQueryError(
            "The body must be a JSON object with `query` or `documentId`, and optionally `variables` and "
            f"`operationName`: {error}."
        ) from None


def read_url(parameters: Mapping[str, str]) -> Operation:
    """The operation in a URL's parameters; `variables` and `extensions` are JSON. Raises InvalidQueryError."""
    unknown = sorted(parameters.keys() - PARAMETERS)
    if unknown:
        raise InvalidQueryError(
            f"GET is for persisted operations and takes {', '.join(sorted(PARAMETERS))} only; POST other operations."
        )
    try:
        values = {name: msgspec.json.decode(text) if name in _JSON else text for name, text in parameters.items()}
        return msgspec.convert(values, Operation)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidQueryError(f"variables and extensions must be JSON objects: {error}.") from None


_JSON: Final = frozenset({"variables", "extensions"})
