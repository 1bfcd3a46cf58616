"""Of copies that differ, the one that the stream stored first counts, even if another was counted before it came.

Workers share a stream, so a copy may be counted while one that was stored before it waits in another worker's hands, or
for its redelivery. The ledger says which copy was counted; what that one added is taken back.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import uuid4

from functions.function import AnyFunction
from infra.frames import FrameClient
from infra.metrics import COPIES_DISCARDED
from infra.postgres import Connection
from infra.seek import sequence_at
from infra.sql import statement
from infra.telemetry import logger
from ingest.decode import BatchDecoder
from ingest.ledger import Claim, Keyed, keyed, later_claims, take_over
from ingest.messages import stored
from ingest.rebuild.history import History
from ingest.rebuild.window import Reading
from schema.decoding import Stamped
from schema.instants import NANOSECONDS, time_of
from schema.writes import CellKey, Writes

SQL: Final = Path(__file__).parent / "sql"
CONTEST_PEAKS: Final = statement(SQL, "contest_peaks")
TIDY: Final = tuple(statement(SQL, name) for name in ("clear_peaks", "delete_empty_cells", "delete_empty_costs"))
# Batches of a function that a process remembers: a copy that overtakes another mostly comes with the next batch.
REMEMBERED: Final = 4
LINGER: Final = 0.02  # seconds; what is looked for is there already
FAR: Final = 1_000_000_000  # nanoseconds between copies that are looked for one by one

Counted: TypeAlias = Mapping[Claim, Stamped[Any] | None]
"""The copies that claims are about; None if the stream does not have one any more."""


class UnknownCopiesError(Exception):
    """Copies were counted that these claims are about: what they added has to be known before it can be taken back."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        super().__init__(f"{len(claims)} counted copies are not at hand.")
        self.claims = claims


def _batches() -> "defaultdict[str, deque[Keyed[Any]]]":
    return defaultdict(lambda: deque(maxlen=REMEMBERED))


@dataclass(frozen=True, slots=True)
class Copies:
    """Finds what was counted: in the last batches of this process, else in the stream that `client` reads."""

    client: FrameClient | None = None
    _last: "defaultdict[str, deque[Keyed[Any]]]" = field(default_factory=_batches)

    def remember(self, function: AnyFunction, events: Keyed[Any]) -> None:
        """A batch that was counted."""
        self._last[function.name].append(events)

    async def counted(self, function: AnyFunction, claims: Iterable[Claim]) -> Counted:
        """NatsError if the stream cannot be read now."""
        found = {claim: self._remembered(function, claim) for claim in claims}
        missing = [claim for claim, event in found.items() if event is None]
        for group in _close(missing):
            found |= await self._stored(function, group)
        if gone := sum(event is None for event in found.values()):
            logger().warning("counted copies are gone from their stream", function=function.name, copies=gone)
        return found

    def _remembered(self, function: AnyFunction, claim: Claim) -> Stamped[Any] | None:
        events = (batch.get(claim.key) for batch in self._last[function.name])
        return next((event for event in events if event is not None and event.stored == claim.stored), None)

    async def _stored(self, function: AnyFunction, claims: Sequence[Claim]) -> Counted:
        """What the stream has of some claims that are close in time."""
        if self.client is None:
            return {}
        first, last = claims[0].stored // NANOSECONDS, claims[-1].stored // NANOSECONDS
        start, end = [
            await sequence_at(self.client.jetstream(), function.stream, time_of(at)) for at in (first, last + 1)
        ]
        history = History(self.client, function, Reading(start - 1), f"copies-{uuid4().hex}", LINGER)
        wanted, decoder = {claim.stored for claim in claims}, BatchDecoder(function)
        found: list[Stamped[Any]] = []
        async with history.opened() as reader:
            async for messages in history.until(reader, end - 1):
                found += decoder.decode_good([message for message in messages if stored(message) in wanted])
        by_key = keyed(function.name, found)
        return {claim: by_key[claim.key] for claim in claims if claim.key in by_key}


def _close(claims: Sequence[Claim]) -> Iterable[Sequence[Claim]]:
    """The claims in the order in which their copies were stored, those that are close to each other together."""
    groups: list[list[Claim]] = []
    for claim in sorted(claims, key=lambda claim: claim.stored):
        if groups and claim.stored - groups[-1][-1].stored < FAR:
            groups[-1].append(claim)
        else:
            groups.append([claim])
    return groups


class Overtaken(NamedTuple):
    """Events that take the place of copies that were counted before them, and these copies, one by one."""

    first: Sequence[Stamped[Any]] = ()
    discarded: Sequence[Stamped[Any]] = ()

    def tell(self, function: AnyFunction) -> None:
        """In the log and in a metric, once the transaction is committed."""
        if self.first:
            COPIES_DISCARDED.labels(function.name).inc(len(self.first))
            logger().info("copies of events differ", function=function.name, discarded=len(self.first))


async def overtake(
    connection: Connection, function: AnyFunction, events: Keyed[Any], claimed: Sequence[Stamped[Any]], counted: Counted
) -> Overtaken:
    """Takes over the claims of copies that the stream stored later than `events`; those that differ are answered.

    A copy that the stream does not have any more keeps its claim: what it added is not known.
    """
    if len(claimed) == len(events):
        return Overtaken()
    ours = {id(event) for event in claimed}
    claims = await later_claims(connection, {key: event for key, event in events.items() if id(event) not in ours})
    if unknown := [each for each in claims if each not in counted]:
        raise UnknownCopiesError(unknown)
    pairs = [(events[each.key], copy) for each in claims if (copy := counted[each]) is not None]
    if pairs:
        keys = {each.key for each in claims if counted[each] is not None}
        await take_over(connection, {key: event for key, event in events.items() if key in keys})
    differing = [(first, copy) for first, copy in pairs if function([first]) != function([copy])]
    return Overtaken([first for first, _ in differing], [copy for _, copy in differing])


async def tidy(connection: Connection, discarded: Writes) -> None:
    """After what copies had added was taken back: no cell is left that only they had, and peaks are to be checked."""
    cells = sorted({*discarded.billed, *discarded.delivered})
    for sql in TIDY:
        await connection.execute(sql, *_columns(cells))
    peaks = sorted((key, cell.peak_tps) for key, cell in discarded.delivered.items() if cell.peak_tps)
    await connection.execute(CONTEST_PEAKS, *_columns([key for key, _ in peaks]), [peak for _, peak in peaks])


def _columns(cells: Sequence[CellKey]) -> tuple[list[Any], ...]:
    return [key.scope for key in cells], [key.scope_id for key in cells], [time_of(key.hour) for key in cells]
