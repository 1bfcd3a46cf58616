"""The hash chain over compliance facts: what is hashed, and how. Pure: no I/O.

Every hash is SHA-256; every hashed number and text is a netstring (https://cr.yp.to/proto/netstrings.txt).

* A fact's hash covers its columns, in the order of compliance_hashes.sql or cdr_hashes.sql in pipelines/integrity/sql.
* A leaf stands for a tenant's facts of a day: its digest covers their hashes, in the order of (time, key).
* The leaves of a link, in the order of tenants, form a Merkle tree as in Certificate Transparency (RFC 6962, 2.1).
* A link stands for a day: its hash covers the root of that tree and the hash of the link before.

docs/audit.md has the steps to verify them.
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
"""A step of an inclusion proof: "L" or "R", the side of the sibling, then the sibling's hash."""

GENESIS: Final = bytes(32)  # the hash before that of the first link
STEP: Final = 33  # bytes
_LEAF, _NODE = b"\0", b"\1"  # prefixes, so that no leaf has the hash of a node


@dataclass(frozen=True, slots=True)
class Leaf:
    """A tenant's facts of a day whose events the stream had stored before an instant.

    `number`: 1 for the tenant's first leaf, 2 for its second, ...: a missing leaf leaves a gap.
    """

    tenant_id: str
    number: int
    day: date
    stored_before: datetime
    facts: int
    digest: Hash

    @property
    def hash(self) -> Hash:
        values = (self.tenant_id, self.number, self.day, instant(self.stored_before), self.facts, self.digest.hex())
        return sha256(_LEAF + netstrings(*values)).digest()


@dataclass(frozen=True, slots=True)
class Link:
    """The closing of a day; or, if it `amends` an earlier link, the late facts of a closed day."""

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
        values = (self.number, self.day, self.amends or "", instant(self.stored_before), self.leaves, self.facts)
        return sha256(netstrings(self.previous.hex(), *values, self.root.hex())).digest()


class Tree(NamedTuple):
    """A Merkle tree. `paths`: the inclusion proof of each leaf."""

    root: Hash
    paths: Sequence[Sequence[Step]]


def netstrings(*values: object) -> bytes:
    """An unambiguous encoding of values: ("a", 17) -> b"1:a,2:17,"."""
    return b"".join(b"%d:%s," % (len(text), text) for text in (str(value).encode() for value in values))


def merkle_tree(leaves: Sequence[Hash]) -> Tree:
    """The Merkle tree over the hashes of leaves, in their order."""
    if not leaves:
        return Tree(sha256().digest(), ())
    if len(leaves) == 1:
        return Tree(leaves[0], ((),))
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = merkle_tree(leaves[:split]), merkle_tree(leaves[split:])
    lower = [(*path, b"R" + right.root) for path in left.paths] + [(*path, b"L" + left.root) for path in right.paths]
    return Tree(_node(left.root, right.root), lower)


def root_above(leaf: Hash, path: Sequence[Step]) -> Hash:
    """The root that follows from a leaf's hash and its inclusion proof."""
    return reduce(lambda below, step: _node(*_sides(below, step)), path, leaf)


def _sides(below: Hash, step: Step) -> tuple[Hash, Hash]:
    return (step[1:], below) if step[:1] == b"L" else (below, step[1:])


def _node(left: Hash, right: Hash) -> Hash:
    return sha256(_NODE + left + right).digest()


def packed_path(path: Sequence[Step]) -> bytes:
    """The stored form of a path."""
    return b"".join(path)


def unpacked_path(path: bytes) -> Sequence[Step]:
    """The path of its stored form."""
    return [path[first : first + STEP] for first in range(0, len(path), STEP)]
