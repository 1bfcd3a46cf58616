"""What the fact functions share: the columns of facts, and the cube cells that events touch."""

from collections.abc import Iterable, Mapping, Sequence, Set
from hashlib import blake2b
from itertools import repeat
from typing import Any, Final, TypeAlias

from msgspec.structs import astuple

from schema.decoding import Stamped
from schema.events import Event
from schema.facts import UNKNOWN, version

Fields: TypeAlias = Mapping[str, Sequence[Any]]
"""The fields of a batch's events, by column."""

_EMPTY: Final = blake2b(digest_size=8)


def event_key(event_id: str) -> int:
    """A 64-bit hash of an event id. Together with tenant and time, it identifies a fact."""
    digest = _EMPTY.copy()  # cheaper than a new one
    digest.update(event_id.encode())
    return int.from_bytes(digest.digest(), "little")


def fields_of(event: type[Event], events: Sequence[Stamped[Any]]) -> Fields:
    """The fields of events of one type. A missing tenant is `unknown`."""
    rows = [astuple(stamped.event) for stamped in events]
    columns: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else repeat(())
    fields = dict(zip(event.__struct_fields__, columns, strict=False))
    return {**fields, **texts(fields, "tenant_id")}


def identities(events: Sequence[Stamped[Any]], fields: Fields) -> Fields:
    """The columns that identify a fact, and `ver`, which makes the copy that the stream stored first win."""
    return {
        "tenant_id": fields["tenant_id"],
        "event_time": [stamped.at for stamped in events],
        "event_key": [event_key(event_id) for event_id in fields["event_id"]],
        "ver": [version(stamped.stored) for stamped in events],
    }


def texts(fields: Fields, *names: str) -> Fields:
    """Text columns of these fields, with `unknown` for missing values."""
    return {name: [text or UNKNOWN for text in fields[name]] for name in names}


def numbers(fields: Fields, *names: str) -> Fields:
    """Integer columns of these fields, which are never missing."""
    return {name: fields[name] for name in names}


def touched_cells(columns: Fields, length: int) -> Set[tuple[str, int]]:
    """The cells that facts fall into, as (tenant, instant at which the cell begins). `length`: microseconds."""
    begins = [at - at % length for at in columns["event_time"]]
    return set(zip(columns["tenant_id"], begins, strict=True))
