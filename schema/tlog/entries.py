"""Entries of the log, version 1. An entry only commits to its content; docs/audit.md describes the format.

    entry      = netstrings("anlyt-tlog/1", kind, logged at, commitment)
    commitment = SHA-256(nonce, netstrings(kind, subject, tenant, day, digest)), in hexadecimal
    digest     = SHA-256(netstrings(*fields)), in hexadecimal: the fields of what the entry speaks of

Times are instants (microseconds since 1970). A tenant or day that does not apply is an empty text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final, Literal

from schema.instants import instant
from schema.integrity import netstrings
from schema.tlog.merkle import Hash, leaf_hash

FORMAT: Final = "anlyt-tlog/1"
NONCE: Final = 32  # bytes
Kind = Literal["link", "arrivals", "access", "export", "reconciliation", "totals"]


@dataclass(frozen=True, slots=True)
class Content:
    """What an entry speaks of. `subject`: unique in the log. `digest`: over the fields of what it speaks of."""

    kind: str
    subject: str
    tenant_id: str | None
    day: date | None
    digest: bytes

    @property
    def encoded(self) -> bytes:
        return netstrings(self.kind, self.subject, self.tenant_id or "", self.day or "", self.digest.hex())


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf of the log. Without nonce and content, nothing can be said about what it commits to."""

    content: Content
    logged_at: datetime
    nonce: bytes

    @property
    def commitment(self) -> str:
        return sha256(self.nonce + self.content.encoded).hexdigest()

    @property
    def encoded(self) -> bytes:
        return netstrings(FORMAT, self.content.kind, instant(self.logged_at), self.commitment)

    @property
    def hash(self) -> Hash:
        return leaf_hash(self.encoded)


def digest_of(fields: Sequence[object]) -> bytes:
    """The digest of a content with these fields."""
    return sha256(netstrings(*fields)).digest()
