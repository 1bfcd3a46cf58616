"""The hash chain over compliance facts: what is hashed, and how. Pure.

Every hash is SHA-256; every number and text that is hashed is a netstring (https://cr.yp.to/proto/netstrings.txt).

* The hash of a fact is over its columns, as pipelines/integrity/sql/fact_hashes.sql lists them.
* A leaf is what a tenant has of a day: its digest is over the hashes of the facts, in the order of (time, key).
* The leaves of a link, in the order of tenants, are a Merkle tree as Certificate Transparency has it (RFC 6962, 2.1).
* A link is about a day: its hash is over the root of that tree, and over the link before.

docs/audit.md has the steps by which anybody verifies them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from hashlib import sha256
from typing import Final, NamedTuple, TypeAlias

from schema.instants import instant

Hash: TypeAlias = bytes
Step: TypeAlias = bytes
"""On the way from a leaf to the root: "L" or "R", the side on which the sibling is, then the sibling's hash."""

GENESIS: Final = bytes(32)  # stands for the link before the first one
STEP: Final = 33  # bytes
_LEAF, _NODE = b"\0", b"\1"  # so that no leaf can be taken for a node


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a tenant has of a day: the facts that the stream had stored before an instant.

    `number`: 1 for the tenant's first leaf, 2 for its second, ..., so that none can be left out unseen.
    """

    tenant_id: str
    number: int
    day: date
    stored_before: datetime
    facts: int
    digest: Hash

    @property
    def hash(self) -> Hash:
        told = (self.tenant_id, self.number, self.day, instant(self.stored_before), self.facts, self.digest.hex())
        return sha256(_LEAF + netstrings(*told)).digest()


@dataclass(frozen=True, slots=True)
class Link:
    """The closing of a day, or, if it `amends` an earlier link, what late facts have made of a closed day."""

    number: int
    day: date
    amends: int | None
    stored_before: datetime
    leaves: int
    facts: int
    root: Hash
    previous: Hash

    @property
    def hash(self) -> Hash:
        told = (self.number, self.day, self.amends or "", instant(self.stored_before), self.leaves, self.facts)
        return sha256(netstrings(self.previous.hex(), *told, self.root.hex())).digest()


class Tree(NamedTuple):
    """`paths`: of each leaf, its way to the root."""

    root: Hash
    paths: Sequence[Sequence[Step]]


def netstrings(*values: object) -> bytes:
    """("a", 17) -> b"1:a,2:17,": no other values give the same bytes."""
    return b"".join(b"%d:%s," % (len(text), text) for text in (str(value).encode() for value in values))


def grow(leaves: Sequence[Hash]) -> Tree:
    """The tree over the hashes of leaves, in their order."""
    if not leaves:
        return Tree(sha256().digest(), ())
    if len(leaves) == 1:
        return Tree(leaves[0], ((),))
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = grow(leaves[:split]), grow(leaves[split:])
    lower = [(*path, b"R" + right.root) for path in left.paths] + [(*path, b"L" + left.root) for path in right.paths]
    return Tree(_node(left.root, right.root), lower)


def climb(leaf: Hash, path: Sequence[Step]) -> Hash:
    """The root that a leaf's path leads to."""
    return reduce(lambda below, step: _node(*_sides(below, step)), path, leaf)


def _sides(below: Hash, step: Step) -> tuple[Hash, Hash]:
    return (step[1:], below) if step[:1] == b"L" else (below, step[1:])


def _node(left: Hash, right: Hash) -> Hash:
    return sha256(_NODE + left + right).digest()


def packed(path: Sequence[Step]) -> bytes:
    """A path as it is stored."""
    return b"".join(path)


def unpacked(path: bytes) -> Sequence[Step]:
    """A stored path."""
    return [path[first : first + STEP] for first in range(0, len(path), STEP)]
