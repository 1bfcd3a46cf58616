"""The dedup ledger: which events were counted. It remembers them for as long as the streams can redeliver them."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from infra.postgres import Connection
from infra.sql import statement
from schema.decoding import Stamped
from schema.events import Event

E = TypeVar("E", bound=Event)
EventsByKey: TypeAlias = dict[bytes, Stamped[E]]

SQL: Final = Path(__file__).parent / "sql"
CLAIM: Final = statement(SQL, "claim")
OTHER_CLAIMS: Final = statement(SQL, "other_claims")
TAKE_OVER_CLAIMS: Final = statement(SQL, "take_over_claims")


class Claim(NamedTuple):
    """A row of the ledger: its key, and when the stream stored the counted copy, in nanoseconds since 1970."""

    key: bytes
    stored: int


class Batch(NamedTuple, Generic[E]):
    """The events of a batch by ledger key, and its `repeats`: further messages of these events, each with its key."""

    events: EventsByKey[E]
    repeats: Sequence[tuple[bytes, Stamped[E]]]


def by_ledger_key(function: str, events: Sequence[Stamped[E]]) -> EventsByKey[E]:
    """The events by ledger key; of copies, the one that the stream stored first."""
    return batch_of(function, events).events


def batch_of(function: str, events: Sequence[Stamped[E]]) -> Batch[E]:
    """The events by ledger key, of copies the one that the stream stored first, and their repeats.

    Sorts by (event time, key), so that the claims of concurrent workers cannot deadlock. A key is a 16-byte hash of
    (function, event id, event time): ids are opaque, and every function counts an event for itself.
    """
    empty = blake2b(digest_size=16, person=_person(function))
    first: dict[tuple[int, bytes], Stamped[E]] = {}
    repeats: list[tuple[bytes, Stamped[E]]] = []
    for stamped in events:
        identity = stamped.at, _key(empty.copy(), stamped)
        if (known := first.setdefault(identity, stamped)) is stamped:
            continue
        if stamped.stored < known.stored:
            first[identity], stamped = stamped, known
        repeats.append((identity[1], stamped))
    return Batch({key: first[at, key] for at, key in sorted(first)}, repeats)


def _person(function: str) -> bytes:
    """The function as the personalization of blake2b, which has 16 bytes: its name, or the hash of a longer one."""
    name = function.encode()
    return name if len(name) <= blake2b.PERSON_SIZE else blake2b(name, digest_size=blake2b.PERSON_SIZE).digest()


def _key(digest: blake2b, stamped: Stamped[E]) -> bytes:
    digest.update(f"{stamped.event.event_id} {stamped.at}".encode())
    return digest.digest()


async def claim(connection: Connection, events: EventsByKey[E], sql: str = CLAIM) -> list[Stamped[E]]:
    """Claims events for the caller's transaction; returns those that had no claim."""
    rows = await connection.fetch(sql, *_arguments(events))
    return [events[row[0]] for row in rows]


async def other_claims(connection: Connection, events: EventsByKey[E]) -> list[Claim]:
    """Locks and returns the claims of these events that other copies hold, stored earlier or later."""
    return [Claim(*row) for row in await connection.fetch(OTHER_CLAIMS, *_arguments(events))]


async def take_over(connection: Connection, events: EventsByKey[E]) -> None:
    """Makes these events the counted copies of their claims."""
    await connection.execute(TAKE_OVER_CLAIMS, *_arguments(events))


def _arguments(events: EventsByKey[E]) -> tuple[str, str, str]:
    """Times, keys and times of storage, as array literals: asyncpg would encode lists item by item, in Python."""
    return (
        _literal(stamped.at for stamped in events.values()),
        f"{{{b''.join(events).hex(',', 16)}}}",
        _literal(stamped.stored for stamped in events.values()),
    )


def _literal(numbers: Iterable[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"
