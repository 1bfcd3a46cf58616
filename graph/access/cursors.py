"""Opaque cursors: a position that only who made it, for whom and for what it was made, can open again."""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

import msgspec

from graph.errors import InvalidQueryError, QueryProblem
from graph.postgres import connected, with_deadline
from infra.postgres import Pool
from infra.sql import statement

T = TypeVar("T")
# The values of a row that the next page begins behind.
Position: TypeAlias = tuple[str | int | None, ...]

LONGEST: Final = 16_384  # characters
MAC_BYTES: Final = sha256().digest_size

_KEY: Final = statement(Path(__file__).parent / "sql", "signing_key")


class Cursors:
    """Signs and opens positions with HMAC-SHA256. Pure.

    `purpose` is the operation; `context` all that the position depends on: the caller's scope, and what was asked.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, purpose: str, context: str, position: Sequence[str | int | None]) -> str:
        """An opaque text of A-Z a-z 0-9 - _. The position can be read from it, but not changed."""
        content = msgspec.json.encode(position)
        return _text(self._mac(purpose, context, content) + content)

    def open(self, purpose: str, context: str, cursor: str, position: type[T], *, path: str = "$.after") -> T:
        """The values, typed. InvalidQueryError, which names `path`, for all but what `sign` gave for this purpose and
        context.
        """
        signed = _bytes(cursor)
        content = signed[MAC_BYTES:]
        if hmac.compare_digest(signed[:MAC_BYTES], self._mac(purpose, context, content)):
            with suppress(msgspec.ValidationError):  # an earlier version signed other values
                return msgspec.json.decode(content, type=position)
        problem = QueryProblem(path, "This is no cursor of this query for what this caller may see.")
        raise InvalidQueryError(f"{path}: {problem.message}", [problem])

    def _mac(self, purpose: str, context: str, content: bytes) -> bytes:
        parts = (purpose.encode(), context.encode(), content)
        # With lengths, so that no two triples are one text.
        return hmac.digest(self._key, b"".join(len(part).to_bytes(8) + part for part in parts), "sha256")


class CursorKey:
    """The cursors of all processes of a deployment: `given` as key, or the key that migration left in PostgreSQL."""

    def __init__(self, pool: Pool, given: str | None) -> None:
        self._pool = pool
        self._cursors = None if given is None else Cursors(given.encode())

    async def cursors(self) -> Cursors:
        """Read once. DependencyUnavailableError."""
        if self._cursors is None:
            async with with_deadline("signing_key", self._pool), connected(self._pool) as taken:
                self._cursors = Cursors(await taken.fetchval(_KEY))
        return self._cursors


def _text(signed: bytes) -> str:
    return urlsafe_b64encode(signed).rstrip(b"=").decode()


def _bytes(cursor: str) -> bytes:
    """Nothing for what `_text` never gave: each cursor has one spelling."""
    if len(cursor) > LONGEST or not cursor.isascii():
        return b""
    try:
        signed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        return b""
    return signed if _text(signed) == cursor else b""
