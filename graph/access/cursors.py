"""Opaque page cursors: signed positions, valid only for the caller and the request that they were issued for."""

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
# The sort values of the last row of a page; the next page begins after it.
PagePosition: TypeAlias = tuple[str | int | None, ...]

LONGEST: Final = 16_384  # characters
MAC_BYTES: Final = sha256().digest_size

_KEY: Final = statement(Path(__file__).parent / "sql", "signing_key")


class Cursors:
    """Signs and verifies positions with HMAC-SHA256. Pure.

    `purpose` is the operation. `context` is everything that the position depends on: the caller's scope and the
    request.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, purpose: str, context: str, position: Sequence[str | int | None]) -> str:
        """Returns a cursor of the characters A-Z a-z 0-9 - _. It is signed, but not encrypted."""
        content = msgspec.json.encode(position)
        return _text(self._mac(purpose, context, content) + content)

    def open(self, purpose: str, context: str, cursor: str, position: type[T], *, path: str = "$.after") -> T:
        """Returns the position, converted to a type.

        Raises InvalidQueryError, which names `path`, unless `sign` made the cursor for this purpose and context.
        """
        signed = _bytes(cursor)
        content = signed[MAC_BYTES:]
        if hmac.compare_digest(signed[:MAC_BYTES], self._mac(purpose, context, content)):
            with suppress(msgspec.ValidationError):  # an earlier version signed other values
                return msgspec.json.decode(content, type=position)
        problem = QueryProblem(path, "This cursor does not belong to this query and this caller.")
        raise InvalidQueryError(f"{path}: {problem.message}", [problem])

    def _mac(self, purpose: str, context: str, content: bytes) -> bytes:
        parts = (purpose.encode(), context.encode(), content)
        # Length prefixes make the encoding of the three parts unambiguous.
        return hmac.digest(self._key, b"".join(len(part).to_bytes(8) + part for part in parts), "sha256")


class CursorKey:
    """The signing key that all processes of a deployment share: `configured`, or the migrations' key in PostgreSQL."""

    def __init__(self, pool: Pool, configured: str | None) -> None:
        self._pool = pool
        self._cursors = None if configured is None else Cursors(configured.encode())

    async def cursors(self) -> Cursors:
        """Returns the signer; reads the key once. Raises DependencyUnavailableError."""
        if self._cursors is None:
            async with with_deadline("signing_key", self._pool), connected(self._pool) as connection:
                self._cursors = Cursors(await connection.fetchval(_KEY))
        return self._cursors


def _text(signed: bytes) -> str:
    return urlsafe_b64encode(signed).rstrip(b"=").decode()


def _bytes(cursor: str) -> bytes:
    """Decodes a cursor. Returns b"" unless `_text` would encode it the same way, so each cursor has one spelling."""
    if len(cursor) > LONGEST or not cursor.isascii():
        return b""
    try:
        signed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        return b""
    return signed if _text(signed) == cursor else b""
