"""The chain and the facts, computed again from the beginning."""

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
    """A link that somebody noted elsewhere."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Chain:
    """All links, as they were read at once."""

    links: Sequence[StoredLink]

    @property
    def closing(self) -> Link:
        """The one that closed the last of the closed days.

        All facts of closed days whose events the stream had stored before its cut are in the chain.
        """
        return max((each.link for each in self.links), key=lambda link: (link.amends is None, link.day))

    def of(self, day: date) -> Sequence[Link]:
        return [each.link for each in self.links if each.link.day == day]

    def differences(self, anchor: Anchor | None) -> Iterator[Difference]:
        """What the links tell by themselves."""
        yield from of_chain(self.links)
        if anchor is not None:
            yield from self._moved(anchor)

    def _moved(self, anchor: Anchor) -> Iterator[Difference]:
        there = {each.link.number: each for each in self.links}.get(anchor.number)
        found = there.hash.hex() if there else "no such link"
        if found != anchor.hash.hex():
            day = there.link.day if there else self.closing.day
            yield Difference(day, f"noted hash of link {anchor.number}", anchor.hash.hex(), found)


async def read_chain(stores: Stores) -> Chain:
    """UsageError while there is none."""
    links = await chain.links(stores.postgres)
    if not links:
        raise UsageError("No day is in the chain yet; run `anlyt pipeline integrity` first.")
    return Chain(links)


async def days(stores: Stores, read: Chain, first: date | None, last: date | None) -> Sequence[date]:
    """Those to look at, without bounds all whose facts are kept; UsageError for none, or if the last is not closed."""
    closed = read.closing.day
    if last is not None and last > closed:
        raise UsageError(f"--to {last} is not in the chain yet; the last closed day is {closed}.")
    fact = await first_day(stores.clickhouse, read.closing.stored_before)
    begin = first or max(min([each.link.day for each in read.links] + ([fact] if fact else [])), _kept_from())
    until = last or closed
    if begin > until:
        raise UsageError(f"--from {begin} is after {until}.")
    return [begin + number * DAY for number in range((until - begin).days + 1)]


def _kept_from() -> date:
    """The first day whose facts no server has dropped for their age."""
    return datetime.now(UTC).date() - RETENTION


async def verified(stores: Stores, read: Chain, days: Sequence[date]) -> AsyncIterator[Sequence[Difference]]:
    """For each day, what differs: of its links' leaves, and of the facts that each of them covers."""
    for day in days:
        yield await _of_day(stores, read, day)


async def _of_day(stores: Stores, read: Chain, day: date) -> Sequence[Difference]:
    links, settled = read.of(day), read.closing.stored_before
    if not links:
        return list(of_facts(day, None, {}, await digests(stores.clickhouse, day, settled)))
    found: list[Difference] = []
    known: dict[str, Digest] = {}
    for link in links:
        leaves = await chain.leaves(stores.postgres, link.number)
        known |= {leaf.tenant_id: leaf.digest for leaf in leaves}
        # The newest link also says that nothing came since: what came late would be in a further one.
        covered = max(link.stored_before, settled) if link is links[-1] else link.stored_before
        found += of_leaves(link, leaves)
        found += of_facts(day, link.number, known, await digests(stores.clickhouse, day, covered))
    return found
