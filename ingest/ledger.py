"""The dedup ledger: which events were counted, for as long as the streams can deliver them again."""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from infra.postgres import Connection, statement
from schema.decoding import Stamped
from schema.events import Event

E = TypeVar("E", bound=Event)
Keyed: TypeAlias = dict[bytes, Stamped[E]]

CLAIM: Final = statement(Path(__file__).parent / "sql", "claim")


def keyed(function: str, events: Sequence[Stamped[E]]) -> Keyed[E]:
    """The events by ledger key, without repetitions, in one order for all workers: so that claims cannot deadlock.

    A key is 16 bytes that stand for (function, event id, event time): ids are opaque, and each function counts for
    itself.
    """
    empty = blake2b(digest_size=16, person=function[:16].encode())
    found = {(stamped.at, _key(empty.copy(), stamped)): stamped for stamped in events}
    return {key: found[at, key] for at, key in sorted(found)}


def _key(digest: blake2b, stamped: Stamped[E]) -> bytes:
    digest.update(f"{stamped.event.event_id} {stamped.at}".encode())
    return digest.digest()


async def claim(connection: Connection, events: Keyed[E], sql: str = CLAIM) -> list[Stamped[E]]:
    """The events that nobody claimed before; they are this transaction's, if it commits."""
    rows = await connection.fetch(sql, [stamped.at for stamped in events.values()], list(events))
    return [events[row[0]] for row in rows]
