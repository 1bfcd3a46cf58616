"""Finds differences in the chain, and between the chain and the facts. Pure: no I/O."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from pipelines.integrity.chain import StoredLeaf, StoredLink
from pipelines.integrity.days import DAY
from pipelines.integrity.digests import NOTHING, Digest
from schema.integrity import GENESIS, Link, merkle_tree, packed_path


class Difference(NamedTuple):
    """A value of a day that differs from the expected one."""

    day: date
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.day}  {self.what}: expected {self.expected}; found {self.found}"


def of_facts(
    day: date, link: int | None, expected: Mapping[str, Digest], found: Mapping[str, Digest]
) -> Iterator[Difference]:
    """Compares the facts of a day with their leaves. Tenants without a leaf should have no fact."""
    where = f"that link {link} covers" if link else "that no link covers"
    for tenant in sorted(expected.keys() | found.keys()):
        leaf, facts = expected.get(tenant, NOTHING), found.get(tenant, NOTHING)
        if leaf != facts:
            yield Difference(day, f"{verb(leaf, facts)} facts of tenant {tenant} {where}", str(leaf), str(facts))


def verb(expected: Digest, found: Digest) -> str:
    """What happened to facts: "changed", "dropped" or "added"."""
    if expected.facts == found.facts:
        return "changed"
    return "dropped" if found.facts < expected.facts else "added"


def of_leaves(link: Link, leaves: Sequence[StoredLeaf]) -> Iterator[Difference]:
    """Compares the leaves of a link with the link."""
    tree = merkle_tree([leaf.of(link).hash for leaf in leaves])
    facts = sum(leaf.digest.facts for leaf in leaves)
    for what, expected, found in (
        ("number of leaves", str(link.leaves), str(len(leaves))),
        ("number of facts", str(link.facts), str(facts)),
        ("root of the leaves", link.root.hex(), tree.root.hex()),
    ):
        if expected != found:
            yield Difference(link.day, f"{what} of link {link.number}", expected, found)
    if tree.root == link.root:
        for leaf, path in zip(leaves, tree.paths, strict=True):
            if leaf.path != packed_path(path):
                what = f"path of tenant {leaf.tenant_id} in link {link.number}"
                yield Difference(link.day, what, packed_path(path).hex(), leaf.path.hex())


def of_chain(links: Sequence[StoredLink]) -> Iterator[Difference]:
    """Compares each link with its stored hash, with the link before it, and with the expected day."""
    number, previous = 0, GENESIS
    # The newest closed day so far. Links of days before the first one are amendments for late facts.
    closed = links[0].link.day - DAY if links else date.max
    newest: dict[date, int] = {}  # day -> its newest link so far
    for link, stored in links:
        for what, expected, found in (
            ("number", str(number + 1), str(link.number)),
            ("previous hash", previous.hex(), link.previous.hex()),
            ("hash", stored.hex(), link.hash.hex()),
            ("amended link", _in_words(newest.get(link.day)), _in_words(link.amends)),
        ):
            if expected != found:
                yield Difference(link.day, f"{what} of link {link.number}", expected, found)
        if link.amends is None and link.day > closed:
            if closed != (before := link.day - DAY):
                yield Difference(link.day, f"day closed before link {link.number}", str(before), str(closed))
            closed = link.day
        number, previous, newest[link.day] = link.number, stored, link.number


def _in_words(number: int | None) -> str:
    return "none" if number is None else str(number)
