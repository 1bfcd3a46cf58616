"""Persisted operations: documents that clients name by their hash instead of sending them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from graph.errors import ForbiddenError, InvalidQueryError
from graph.gql.requests import Operation
from infra.errors import UsageError


@dataclass(frozen=True, slots=True)
class Persisted:
    """Documents by their SHA-256 in hexadecimal. `exclusive`: no other document is answered."""

    documents: Mapping[str, str]
    exclusive: bool = False

    def text(self, operation: Operation) -> str:
        """The document of an operation.

        Raises InvalidQueryError for an unknown hash; ForbiddenError for a document that is not persisted, if exclusive.
        """
        if (hash_ := operation.hash) is not None:
            return self._by_hash(hash_, operation.query)
        if self.exclusive:
            raise ForbiddenError("Only persisted operations are answered here; send the documentId of one.")
        if operation.query is None:
            raise InvalidQueryError("The request needs `query`, or `documentId` for a persisted operation.")
        return operation.query

    def _by_hash(self, hash_: str, text: str | None) -> str:
        """The document with a hash. A given text must have this hash; without a persisted one, it is used."""
        known = self.documents.get(hash_)
        if known is None and text is not None and not self.exclusive and _hash(text) == hash_:
            return text
        if known is None:
            raise InvalidQueryError("No operation of this hash is persisted.")
        if text is not None and text != known:
            raise InvalidQueryError("`query` is not the operation of this hash.")
        return known


def read_manifest(path: str | None, check: Callable[[str], object], *, exclusive: bool) -> Persisted:
    """Reads a manifest: a JSON object with documents by hash. `check` raises an error for an invalid document.

    Raises UsageError, so that the service does not start with an operation that it cannot answer.
    """
    if path is None:
        return Persisted({})
    try:
        documents = msgspec.json.decode(Path(path).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"ANLYT_PERSISTED_OPERATIONS: {path} is no JSON object of hashes and documents.") from error
    for name, document in documents.items():
        _check(name, document, check)
    return Persisted({name.removeprefix("sha256:"): document for name, document in documents.items()}, exclusive)


def _check(name: str, document: str, check: Callable[[str], object]) -> None:
    if _hash(document) != name.removeprefix("sha256:"):
        raise UsageError(f"ANLYT_PERSISTED_OPERATIONS: {name} is not the SHA-256 of its document.")
    try:
        check(document)
    except Exception as error:  # any error means that the manifest has an invalid document
        raise UsageError(f"ANLYT_PERSISTED_OPERATIONS: the document of {name} cannot be answered: {error}") from error


def _hash(document: str) -> str:
    return sha256(document.encode()).hexdigest()
