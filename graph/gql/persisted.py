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
    """Documents by their SHA-256 in hex; `alone`: no other is answered."""

    documents: Mapping[str, str]
    alone: bool = False

    def text(self, operation: Operation) -> str:
        """The document that is meant; InvalidQueryError, ForbiddenError for one that is not persisted."""
        if (named := operation.hash) is not None:
            return self._named(named, operation.query)
        if self.alone:
            raise ForbiddenError("Only persisted operations are answered here; name one with documentId.")
        if operation.query is None:
            raise InvalidQueryError("The request needs `query`, or `documentId` for a persisted operation.")
        return operation.query

    def _named(self, named: str, beside: str | None) -> str:
        """By its name. A text beside it has to be of that name, and is answered where others are."""
        known = self.documents.get(named)
        if known is None and beside is not None and not self.alone and _hash(beside) == named:
            return beside
        if known is None:
            raise InvalidQueryError("No operation of this hash is persisted.")
        if beside is not None and beside != known:
            raise InvalidQueryError("`query` is not the operation that the hash names.")
        return known


def read_manifest(place: str | None, check: Callable[[str], object], *, alone: bool) -> Persisted:
    """The manifest at `place`: a JSON object of hash -> document, each passed by `check`.

    UsageError names what is wrong with it: an operation that cannot be answered is found at the start.
    """
    if place is None:
        return Persisted({})
    try:
        documents = msgspec.json.decode(Path(place).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"ANLYT_PERSISTED_OPERATIONS: {place} is no JSON object of hashes and documents.") from error
    for name, document in documents.items():
        _check(name, document, check)
    return Persisted({name.removeprefix("sha256:"): document for name, document in documents.items()}, alone)


def _check(name: str, document: str, check: Callable[[str], object]) -> None:
    if _hash(document) != name.removeprefix("sha256:"):
        raise UsageError(f"ANLYT_PERSISTED_OPERATIONS: {name} is not the SHA-256 of its document.")
    try:
        check(document)
    except Exception as error:  # whatever makes the document unanswerable is the file's fault
        raise UsageError(f"ANLYT_PERSISTED_OPERATIONS: the document of {name} cannot be answered: {error}") from error


def _hash(document: str) -> str:
    return sha256(document.encode()).hexdigest()
