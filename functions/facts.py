"""What the fact functions share: which fact an event is, and which cells of a cube it touches."""

from collections.abc import Sequence, Set
from hashlib import blake2b
from typing import Any

from schema.decoding import Stamped
from schema.facts import UNKNOWN, version


def event_key(event_id: str) -> int:
    """64 bits that stand for an event id, beside its tenant and time."""
    return int.from_bytes(blake2b(event_id.encode(), digest_size=8).digest(), "little")


def tenant_of(stamped: Stamped[Any]) -> str:
    return stamped.event.tenant_id or UNKNOWN


def identities(events: Sequence[Stamped[Any]]) -> dict[str, Sequence[Any]]:
    """The columns that say which fact a row is, and which of its copies stays: that stored first."""
    return {
        "tenant_id": [tenant_of(stamped) for stamped in events],
        "event_time": [stamped.at for stamped in events],
        "event_key": [event_key(stamped.event.event_id) for stamped in events],
        "ver": [version(stamped.stored) for stamped in events],
    }


def texts(events: Sequence[Stamped[Any]], *names: str) -> dict[str, Sequence[str]]:
    """Columns of fields, with `unknown` for what is missing."""
    return {name: [getattr(stamped.event, name) or UNKNOWN for stamped in events] for name in names}


def numbers(events: Sequence[Stamped[Any]], *names: str) -> dict[str, Sequence[int]]:
    """Columns of fields that are never missing."""
    return {name: [getattr(stamped.event, name) for stamped in events] for name in names}


def cells(events: Sequence[Stamped[Any]], length: int) -> Set[tuple[str, int]]:
    """The tenants and the beginnings of the cells, of so many microseconds, that the events fall into."""
    return {(tenant_of(stamped), stamped.at - stamped.at % length) for stamped in events}
