"""Finds differences in the transparency log, and between what arrived and what is there. Pure: no I/O."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from pipelines.integrity.differences import Difference, verb
from pipelines.integrity.digests import NOTHING, Digest
from pipelines.tlog.arrivals import TenantDay, leaf_hash
from pipelines.tlog.periods import Period
from schema.catalog.audit import AuditDataset
from schema.instants import time_of
from schema.tlog.checkpoints import parse_checkpoint
from schema.tlog.entries import Entry
from schema.tlog.merkle import Growing, Hash, root
from schema.tlog.notes import parse_note
from schema.tlog.tiles import HEIGHT

Node: TypeAlias = tuple[int, int]
"""The level and the number of a hash."""
TenantPeriod: TypeAlias = tuple[str, int]
"""A tenant, and the instant at which a period begins."""


class StoredEntry(NamedTuple):
    """An entry, with the number and hash that are stored with it."""

    number: int
    entry: Entry
    hash: Hash

    @property
    def name(self) -> str:
        """Such as "entry 17 (access/5) of tenant t-1"."""
        content = self.entry.content
        tenant = f" of tenant {content.tenant_id}" if content.tenant_id else ""
        return f"entry {self.number} ({content.subject}){tenant}"


class TreeCheck:
    """Computes the tree again from the content of all entries, and compares it with tiles and checkpoints.

    `nodes`: the stored hashes of full tiles. `roots`: those of the stored checkpoints, by size.
    """

    def __init__(self, nodes: Mapping[Node, Hash], roots: Mapping[int, Hash | None]) -> None:
        self._nodes, self._roots = dict(nodes), dict(roots)
        self._tree, self._levels = Growing(), _Levels()
        self._last = datetime.min.replace(tzinfo=UTC)

    def entry(self, stored: StoredEntry) -> Iterator[Difference]:
        """The differences of the next entry, and of the tiles and checkpoint that end with it."""
        day = self._day(stored)
        entry, number = stored.entry, self._tree.size
        if stored.number != number:
            yield Difference(day, f"number of {stored.name}", str(number), str(stored.number))
        if stored.hash != entry.hash:
            yield Difference(day, f"hash of {stored.name}", entry.hash.hex(), stored.hash.hex())
        if entry.logged_at < self._last:
            yield Difference(day, f"time of {stored.name}", f"at least {self._last}", str(entry.logged_at))
        self._last = max(self._last, entry.logged_at)
        self._tree.append(entry.hash)
        yield from self._tiles(day, entry.hash)
        yield from self._checkpoint(day)

    def _day(self, stored: StoredEntry) -> date:
        return stored.entry.content.day or stored.entry.logged_at.astimezone(UTC).date()

    def _tiles(self, day: date, hash_: Hash) -> Iterator[Difference]:
        for node, expected in self._levels.append(hash_):
            if (found := self._nodes.pop(node, None)) != expected:
                yield Difference(day, f"hash {node[1]} of level {node[0]}", expected.hex(), _in_words(found))

    def _checkpoint(self, day: date) -> Iterator[Difference]:
        size = self._tree.size
        if size in self._roots and (found := self._roots.pop(size)) != self._tree.root:
            yield Difference(day, f"root of checkpoint {size}", self._tree.root.hex(), _in_words(found))

    def rest(self) -> Iterator[Difference]:
        """What is stored beyond the last entry."""
        day = max(self._last, datetime(1970, 1, 1, tzinfo=UTC)).astimezone(UTC).date()
        for size in self._roots:
            yield Difference(day, f"entries of checkpoint {size}", str(size), str(self._tree.size))
        for (level, number), hash_ in self._nodes.items():
            yield Difference(day, f"hash {number} of level {level}", "none", hash_.hex())


def root_of_note(size: int, note: str) -> Hash | None:
    """The root of a stored checkpoint; None if it is no checkpoint of this size."""
    try:
        checkpoint = parse_checkpoint(parse_note(note).text)
    except ValueError:
        return None
    return checkpoint.root if checkpoint.size == size else None


def _in_words(hash_: Hash | None) -> str:
    return "none" if hash_ is None else hash_.hex()


class _Levels:
    """The roots of full tiles of a growing tree."""

    def __init__(self) -> None:
        self._open: list[Growing] = [Growing()]
        self._done: list[int] = [0]

    def append(self, hash_: Hash) -> Iterator[tuple[Node, Hash]]:
        """Yields the tiles that this leaf completes: ((level, number) of their hash, the hash)."""
        level = 0
        while True:
            self._open[level].append(hash_)
            if self._open[level].size < 1 << HEIGHT:
                return
            hash_, self._open[level] = self._open[level].root, Growing()
            yield (level + 1, self._done[level]), hash_
            self._done[level] += 1
            level += 1
            if level == len(self._open):
                self._open.append(Growing())
                self._done.append(0)


def of_leaves(
    dataset: AuditDataset, period: Period, expected: Hash, leaves: Mapping[TenantDay, Digest]
) -> Iterator[Difference]:
    """Compares the leaves of a period, in their order, with their root."""
    found = root([leaf_hash(dataset, period, of, digest) for of, digest in leaves.items()])
    if found != expected:
        day = period.stored_from.astimezone(UTC).date()
        yield Difference(
            day, f"root of the arrivals ({dataset}) from {period.stored_from}", expected.hex(), found.hex()
        )


def of_periods(dataset: AuditDataset, periods: Sequence[Period]) -> Iterator[Difference]:
    """Each period begins where the one before ends."""
    for before, after in pairwise(periods):
        if before.stored_before != after.stored_from:
            day = after.stored_from.astimezone(UTC).date()
            what = f"beginning of the period until {after.stored_before} ({dataset})"
            yield Difference(day, what, str(before.stored_before), str(after.stored_from))


def of_arrivals(
    dataset: AuditDataset, day: date, expected: Mapping[TenantPeriod, Digest], found: Mapping[TenantPeriod, Digest]
) -> Iterator[Difference]:
    """Compares the facts of a day with those that were logged when they arrived."""
    for tenant, began in sorted(expected.keys() | found.keys()):
        logged, facts = expected.get((tenant, began), NOTHING), found.get((tenant, began), NOTHING)
        if logged != facts:
            what = f"{verb(logged, facts)} facts ({dataset}) of tenant {tenant} that arrived from {time_of(began)} on"
            yield Difference(day, what, str(logged), str(facts))
