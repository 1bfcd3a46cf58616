"""The dedup ledger: which events were counted, for as long as the streams can deliver them again."""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from infra.postgres import Connection
from infra.sql import statement
from schema.decoding import Stamped
from schema.events import Event

E = TypeVar("E", bound=Event)
Keyed: TypeAlias = dict[bytes, Stamped[E]]

SQL: Final = Path(__file__).parent / "sql"
CLAIM: Final = statement(SQL, "claim")
LATER_CLAIMS: Final = statement(SQL, "later_claims")
TAKE_OVER_CLAIMS: Final = statement(SQL, "take_over_claims")


class Claim(NamedTuple):
    """A claim of the ledger: its key, and when the stream stored the copy that was counted, as `Stamped` has it."""

    key: bytes
    stored: int


def keyed(function: str, events: Sequence[Stamped[E]]) -> Keyed[E]:
    """The events by ledger key, of copies the one stored first, in one order for all workers: claims cannot deadlock.

    A key is 16 bytes that stand for (function, event id, event time): ids are opaque, and each function counts for
    itself.
    """
    empty = blake2b(digest_size=16, person=function[:16].encode())
    found: dict[tuple[int, bytes], Stamped[E]] = {}
    for stamped in events:
        identity = stamped.at, _key(empty.copy(), stamped)
        if stamped.stored < found.setdefault(identity, stamped).stored:
            found[identity] = stamped
    return {key: found[at, key] for at, key in sorted(found)}


def _key(digest: blake2b, stamped: Stamped[E]) -> bytes:
    digest.update(f"{stamped.event.event_id} {stamped.at}".encode())
    return digest.digest()


async def claim(connection: Connection, events: Keyed[E], sql: str = CLAIM) -> list[Stamped[E]]:
    """The events that nobody claimed before; they are this transaction's, if it commits."""
    rows = await connection.fetch(sql, *_arguments(events))
    return [events[row[0]] for row in rows]


async def later_claims(connection: Connection, events: Keyed[E]) -> list[Claim]:
    """The claims of copies that the stream stored later than these events; nobody else takes them meanwhile."""
    return [Claim(*row) for row in await connection.fetch(LATER_CLAIMS, *_arguments(events))]


async def take_over(connection: Connection, events: Keyed[E]) -> None:
    """The claims of these events are theirs now, and no longer those of their copies."""
    await connection.execute(TAKE_OVER_CLAIMS, *_arguments(events))


def _arguments(events: Keyed[E]) -> tuple[list[Any], ...]:
    return (
        [stamped.at for stamped in events.values()],
        list(events),
        [stamped.stored for stamped in events.values()],
    )
