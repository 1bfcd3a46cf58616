"""Makes the copy that the stream stored first count, even if a differing copy was counted before it.

Workers share a stream. One worker may count a copy while another still holds an earlier one, or while that one waits
for its redelivery. The ledger says which copy was counted; the effect of that copy is subtracted.
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
from ingest.ledger import Batch, Claim, EventsByKey, by_ledger_key, other_claims, take_over
from ingest.messages import stored
from ingest.rebuild.complete_hours import ReadPosition
from ingest.rebuild.history import History
from schema.decoding import Stamped
from schema.instants import NANOSECONDS, time_of
from schema.writes import CellKey, Writes

SQL: Final = Path(__file__).parent / "sql"
CONTEST_PEAKS: Final = statement(SQL, "contest_peaks")
CLEAN_UP: Final = tuple(statement(SQL, name) for name in ("clear_peaks", "delete_empty_cells", "delete_empty_costs"))
# Batches per function that a process remembers: an earlier copy mostly comes with the next batch.
REMEMBERED_BATCHES: Final = 4
LINGER: Final = 0.02  # seconds; short, because the wanted messages are stored already
MAX_GAP: Final = 1_000_000_000  # nanoseconds between copies that one read of the stream finds

Counted: TypeAlias = Mapping[Claim, Stamped[Any] | None]
"""The counted copy of each claim; None if the stream no longer has it."""


class UnknownCopiesError(Exception):
    """The counted copies of these claims have to be found before their effect can be subtracted."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        super().__init__(f"{len(claims)} counted copies are not in memory.")
        self.claims = claims


def _batches() -> "defaultdict[str, deque[EventsByKey[Any]]]":
    return defaultdict(lambda: deque(maxlen=REMEMBERED_BATCHES))


@dataclass(frozen=True, slots=True)
class CopyFinder:
    """Finds counted copies in the last batches of this process, else in the stream that `client` reads."""

    client: FrameClient | None = None
    _last: "defaultdict[str, deque[EventsByKey[Any]]]" = field(default_factory=_batches)

    def remember(self, function: AnyFunction, events: EventsByKey[Any]) -> None:
        """Keeps a counted batch; forgets the oldest one."""
        self._last[function.name].append(events)

    async def counted(self, function: AnyFunction, claims: Iterable[Claim]) -> Counted:
        """The counted copies of these claims. Raises NatsError if the stream cannot be read now."""
        copies = {claim: self._remembered(function, claim) for claim in claims}
        missing = [claim for claim, event in copies.items() if event is None]
        for group in _close(missing):
            copies |= await self._stored(function, group)
        if gone := sum(event is None for event in copies.values()):
            logger().warning("counted copies are gone from their stream", function=function.name, copies=gone)
        return copies

    def _remembered(self, function: AnyFunction, claim: Claim) -> Stamped[Any] | None:
        events = (batch.get(claim.key) for batch in self._last[function.name])
        return next((event for event in events if event is not None and event.stored == claim.stored), None)

    async def _stored(self, function: AnyFunction, claims: Sequence[Claim]) -> Counted:
        """Copies that the stream still has, for claims that are close in time."""
        if self.client is None:
            return {}
        first, last = claims[0].stored // NANOSECONDS, claims[-1].stored // NANOSECONDS
        start, end = [
            await sequence_at(self.client.jetstream(), function.stream, time_of(at)) for at in (first, last + 1)
        ]
        history = History(self.client, function, ReadPosition(start - 1), f"copies-{uuid4().hex}", LINGER)
        wanted, decoder = {claim.stored for claim in claims}, BatchDecoder(function)
        copies: list[Stamped[Any]] = []
        async with history.opened() as reader:
            async for messages in history.batches_until(reader, end - 1):
                copies += decoder.decode_good([message for message in messages if stored(message) in wanted])
        by_key = by_ledger_key(function.name, copies)
        return {claim: by_key[claim.key] for claim in claims if claim.key in by_key}


def _close(claims: Sequence[Claim]) -> Iterable[Sequence[Claim]]:
    """Groups claims whose copies were stored close to each other, in the order of storage."""
    groups: list[list[Claim]] = []
    for claim in sorted(claims, key=lambda claim: claim.stored):
        if groups and claim.stored - groups[-1][-1].stored < MAX_GAP:
            groups[-1].append(claim)
        else:
            groups.append([claim])
    return groups


class Replacement(NamedTuple):
    """What a batch's messages of events with several messages do.

    `moved`: pairs of an event and the counted copy that it replaces. `copies`: messages that do not count.
    `first` and `discarded`: the pairs whose effects differ, in the same order.
    """

    moved: Sequence[tuple[Stamped[Any], Stamped[Any]]] = ()
    copies: Sequence[Stamped[Any]] = ()
    first: Sequence[Stamped[Any]] = ()
    discarded: Sequence[Stamped[Any]] = ()

    def report(self, function: AnyFunction) -> None:
        """Logs and counts the discarded copies. Called after the transaction is committed."""
        if self.first:
            COPIES_DISCARDED.labels(function.name).inc(len(self.first))
            logger().info("copies of events differ", function=function.name, discarded=len(self.first))


async def replace_later_copies(
    connection: Connection,
    function: AnyFunction,
    batch: Batch[Any],
    claimed: Sequence[Stamped[Any]],
    counted: Counted,
) -> Replacement:
    """Takes over the claims of copies that the stream stored later than the batch's events.

    A copy that the stream no longer has keeps its claim, because its effect is unknown. Raises UnknownCopiesError if
    `counted` lacks a copy.
    """
    events = batch.events
    if len(claimed) == len(events) and not batch.repeats:
        return Replacement()
    ours = {id(event) for event in claimed}
    claims = await other_claims(connection, {key: event for key, event in events.items() if id(event) not in ours})
    later = [each for each in claims if each.stored > events[each.key].stored]
    if unknown := [each for each in later if each not in counted]:
        raise UnknownCopiesError(unknown)
    replaced = {each.key: copy for each in later if (copy := counted[each]) is not None}
    if replaced:
        await take_over(connection, {key: event for key, event in events.items() if key in replaced})
    pairs = [(events[key], copy) for key, copy in replaced.items()]
    differing = [(first, copy) for first, copy in pairs if function([first]) != function([copy])]
    return Replacement(
        pairs,
        _copies(batch, replaced, {each.key: each.stored for each in claims if each.key not in replaced}),
        [first for first, _ in differing],
        [copy for _, copy in differing],
    )


def _copies(
    batch: Batch[Any], replaced: Mapping[bytes, Stamped[Any]], owners: Mapping[bytes, int]
) -> list[Stamped[Any]]:
    """The messages that do not count. `owners`: when the counted message was stored, if it is not the batch's event."""
    others = [*replaced.items(), *((key, batch.events[key]) for key in owners), *batch.repeats]
    return [each for key, each in others if each.stored != owners.get(key, batch.events[key].stored)]


async def clean_up_cells(connection: Connection, discarded: Writes) -> None:
    """Deletes cells that only discarded copies had, and marks the peaks that have to be computed again."""
    cells = sorted({*discarded.billed, *discarded.delivered})
    for sql in CLEAN_UP:
        await connection.execute(sql, *_columns(cells))
    peaks = sorted((key, cell.peak_tps) for key, cell in discarded.delivered.items() if cell.peak_tps)
    await connection.execute(CONTEST_PEAKS, *_columns([key for key, _ in peaks]), [peak for _, peak in peaks])


def _columns(cells: Sequence[CellKey]) -> tuple[list[Any], ...]:
    return [key.scope for key in cells], [key.scope_id for key in cells], [time_of(key.hour) for key in cells]
