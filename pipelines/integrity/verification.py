"""Verifies the chain and the facts by computing all hashes again."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from infra.errors import UsageError
from infra.tiers import RETENTION
from pipelines.integrity import chain
from pipelines.integrity.chain import StoredLink
from pipelines.integrity.days import DAY
from pipelines.integrity.differences import Difference, of_chain, of_facts, of_leaves
from pipelines.integrity.digests import Digest, digests, first_day
from pipelines.stores import Stores
from schema.integrity import Link


class Anchor(NamedTuple):
    """The number and hash of a link that was noted outside the database."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Chain:
    """All links of the chain, read together."""

    links: Sequence[StoredLink]

    @property
    def closing(self) -> Link:
        """The link that closed the newest closed day.

        The chain has all facts of closed days whose events the stream stored before this link's `stored_before`.
        """
        return max((each.link for each in self.links), key=lambda link: (link.amends is None, link.day))

    def of(self, day: date) -> Sequence[Link]:
        return [each.link for each in self.links if each.link.day == day]

    def differences(self, anchor: Anchor | None) -> Iterator[Difference]:
        """The differences that follow from the links alone."""
        yield from of_chain(self.links)
        if anchor is not None:
            yield from self._anchor_differences(anchor)

    def _anchor_differences(self, anchor: Anchor) -> Iterator[Difference]:
        there = {each.link.number: each for each in self.links}.get(anchor.number)
        found = there.hash.hex() if there else "no such link"
        if found != anchor.hash.hex():
            day = there.link.day if there else self.closing.day
            yield Difference(day, f"noted hash of link {anchor.number}", anchor.hash.hex(), found)


async def read_chain(stores: Stores) -> Chain:
    """The chain. Raises UsageError while it is empty."""
    links = await chain.links(stores.postgres)
    if not links:
        raise UsageError("No day is in the chain yet; run `anlyt pipeline integrity` first.")
    return Chain(links)


async def days(stores: Stores, whole: Chain, first: date | None, last: date | None) -> Sequence[date]:
    """The days to verify; without bounds, all closed days whose facts are kept.

    Raises UsageError if there is none, or if `last` is not closed.
    """
    closed = whole.closing.day
    if last is not None and last > closed:
        raise UsageError(f"--to {last} is not in the chain yet; the last closed day is {closed}.")
    fact = await first_day(stores.clickhouse, whole.closing.stored_before)
    begin = first or max(min([each.link.day for each in whole.links] + ([fact] if fact else [])), _kept_from())
    until = last or closed
    if begin > until:
        if first is None:
            raise UsageError(f"--to {until} is before {begin}, the first day that can be verified.")
        raise UsageError(f"--from {begin} is after {until}, the last day to verify.")
    return [begin + number * DAY for number in range((until - begin).days + 1)]


def _kept_from() -> date:
    """The first day whose facts are not past their retention."""
    return datetime.now(UTC).date() - RETENTION


async def verified(stores: Stores, whole: Chain, days: Sequence[date]) -> AsyncIterator[Sequence[Difference]]:
    """Yields the differences of each day: in its links' leaves, and in the facts that each link covers."""
    for day in days:
        yield await _of_day(stores, whole, day)


async def _of_day(stores: Stores, whole: Chain, day: date) -> Sequence[Difference]:
    links, settled = whole.of(day), whole.closing.stored_before
    if not links:
        return list(of_facts(day, None, {}, await digests(stores.clickhouse, "compliance", day, settled)))
    differences: list[Difference] = []
    known: dict[str, Digest] = {}
    for link in links:
        leaves = await chain.leaves(stores.postgres, link.number)
        known |= {leaf.tenant_id: leaf.digest for leaf in leaves}
        # The newest link also proves that no fact arrived since: a further link would cover late facts.
        covered = max(link.stored_before, settled) if link is links[-1] else link.stored_before
        differences += of_leaves(link, leaves)
        differences += of_facts(day, link.number, known, await digests(stores.clickhouse, "compliance", day, covered))
    return differences
