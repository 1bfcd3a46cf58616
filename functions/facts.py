"""What the fact functions share: the columns of facts, and the cube cells that events touch."""

from collections.abc import Sequence, Set
from hashlib import blake2b
from typing import Any

from schema.decoding import Stamped
from schema.facts import UNKNOWN, version


def event_key(event_id: str) -> int:
    """A 64-bit hash of an event id. Together with tenant and time, it identifies a fact."""
    return int.from_bytes(blake2b(event_id.encode(), digest_size=8).digest(), "little")


def tenant_of(stamped: Stamped[Any]) -> str:
    """The event's tenant; `unknown` if it names none."""
    return stamped.event.tenant_id or UNKNOWN


def identities(events: Sequence[Stamped[Any]]) -> dict[str, Sequence[Any]]:
    """The columns that identify a fact, and `ver`, which makes the copy that the stream stored first win."""
    return {
        "tenant_id": [tenant_of(stamped) for stamped in events],
        "event_time": [stamped.at for stamped in events],
        "event_key": [event_key(stamped.event.event_id) for stamped in events],
        "ver": [version(stamped.stored) for stamped in events],
    }


def texts(events: Sequence[Stamped[Any]], *names: str) -> dict[str, Sequence[str]]:
    """Text columns of these event fields, with `unknown` for missing values."""
    return {name: [getattr(stamped.event, name) or UNKNOWN for stamped in events] for name in names}


def numbers(events: Sequence[Stamped[Any]], *names: str) -> dict[str, Sequence[int]]:
    """Integer columns of these event fields, which are never missing."""
    return {name: [getattr(stamped.event, name) for stamped in events] for name in names}


def touched_cells(events: Sequence[Stamped[Any]], length: int) -> Set[tuple[str, int]]:
    """The cells that the events fall into, as (tenant, instant at which the cell begins). `length`: microseconds."""
    return {(tenant_of(stamped), stamped.at - stamped.at % length) for stamped in events}
