"""The dedup ledger: which events were counted, for as long as the streams can deliver them again."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Final, TypeVar

from infra.postgres import Connection, statement
from ingest.messages import EPOCH
from schema.decoding import Stamped
from schema.events import Event

E = TypeVar("E", bound=Event)

CLAIM: Final = statement(Path(__file__).parent / "sql", "claim")
MICROSECOND: Final = timedelta(microseconds=1)


def event_key(function: str, stamped: Stamped[E]) -> bytes:
    """16 bytes for (function, event id, event time): ids are opaque, and each function counts for itself."""
    text = f"{stamped.event.event_id} {(stamped.at - EPOCH) // MICROSECOND}"
    return blake2b(text.encode(), digest_size=16, person=function[:16].encode()).digest()


def keyed(function: str, events: Sequence[Stamped[E]]) -> dict[bytes, Stamped[E]]:
    """The events by key, without repetitions, in one order for all workers: so that claims cannot deadlock."""
    by_key = {event_key(function, stamped): stamped for stamped in events}
    return dict(sorted(by_key.items(), key=lambda item: (item[1].at, item[0])))


async def claim(connection: Connection, events: dict[bytes, Stamped[E]]) -> list[Stamped[E]]:
    """The events that nobody claimed before; they are this transaction's, if it commits."""
    rows = await connection.fetch(CLAIM, [stamped.at for stamped in events.values()], list(events))
    return [events[row[0]] for row in rows]
