"""Merkle trees as in RFC 6962, section 2.1: hashes, and the proofs of inclusion and consistency.

A proof is a list of hashes of spans of leaves. `inclusion_spans` and `consistency_spans` say which; a `Reader` of
`schema.tlog.tiles` gives their hashes. Verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final, NamedTuple, TypeAlias

Hash: TypeAlias = bytes

HASH: Final = 32  # bytes
EMPTY: Final[Hash] = sha256().digest()  # the root of a tree without leaves


class Span(NamedTuple):
    """The leaves from `first` (included) to `end` (excluded)."""

    first: int
    end: int


class Subtree(NamedTuple):
    """The complete tree over the leaves from `number * 2**height` on, `2**height` of them."""

    height: int
    number: int


def leaf_hash(entry: bytes) -> Hash:
    """The hash of a leaf from its entry."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """The hash of an inner node."""
    return sha256(b"\1" + left + right).digest()


def root(hashes: Sequence[Hash]) -> Hash:
    """The root of the tree over the hashes of leaves (or of subtrees of one height)."""
    return joined(hashes) if hashes else EMPTY


def joined(hashes: Sequence[Hash]) -> Hash:
    """The hash over at least one neighbouring hash: pairs are hashed, height by height, and a last odd one rises."""
    while len(hashes) > 1:
        pairs = [node_hash(*hashes[first : first + 2]) for first in range(0, len(hashes) - 1, 2)]
        hashes = [*pairs, hashes[-1]] if len(hashes) % 2 else pairs
    return hashes[0]


class Growing:
    """The root of a tree to which leaves are appended. Keeps one hash per level."""

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[Hash] = []  # the complete subtrees, the largest first: one per bit of the size

    def append(self, hash_: Hash) -> None:
        merged = self.size
        while merged & 1:
            hash_ = node_hash(self._subtrees.pop(), hash_)
            merged >>= 1
        self._subtrees.append(hash_)
        self.size += 1

    @property
    def root(self) -> Hash:
        return span_hash(self._subtrees) if self._subtrees else EMPTY


def split(size: int) -> int:
    """The number of leaves in the left half of a tree: the largest power of two below `size`, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_spans(number: int, size: int) -> Sequence[Span]:
    """The spans whose hashes prove that leaf `number` is in the tree of `size` leaves, from the leaf up."""
    if not 0 <= number < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {number}")
    spans: list[Span] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + split(end - first)
        inside, beside = (Span(first, middle), Span(middle, end))[:: 1 if number < middle else -1]
        spans.append(beside)
        first, end = inside
    return spans[::-1]


def consistency_spans(old: int, size: int) -> Sequence[Span]:
    """The spans whose hashes prove that the tree of `size` leaves begins with that of `old` leaves, from below up."""
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} leaves has no older tree of {old} leaves")
    if old in (0, size):
        return []
    spans: list[Span] = []
    first, end = 0, size
    while end != old:
        middle = first + split(end - first)
        inside, beside = (Span(first, middle), Span(middle, end))[:: 1 if old <= middle else -1]
        spans.append(beside)
        first, end = inside
    # The whole old tree is known to whoever has its root.
    return [*([] if first == 0 else [Span(first, end)]), *reversed(spans)]


def subtrees(span: Span) -> Iterator[Subtree]:
    """The complete subtrees that a span of a proof, or a whole tree, is made of; the largest first."""
    first, end = span
    while first < end:
        height = (end - first).bit_length() - 1
        yield Subtree(height, first >> height)
        first += 1 << height


def span_hash(hashes: Sequence[Hash]) -> Hash:
    """The hash of a span from those of its complete subtrees, the largest first."""
    *larger, result = hashes
    for hash_ in reversed(larger):
        result = node_hash(hash_, result)
    return result


def included(entry_hash: Hash, number: int, size: int, proof: Sequence[Hash], root: Hash) -> bool:
    """Whether the proof shows that a leaf is the one with this number in the tree of this size and root."""
    if not 0 <= number < size:
        return False
    at, last, result = number, size - 1, entry_hash
    for hash_ in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            result = node_hash(hash_, result)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            result = node_hash(result, hash_)
        at, last = at >> 1, last >> 1
    return last == 0 and result == root


def consistent(old: int, old_root: Hash, size: int, root: Hash, proof: Sequence[Hash]) -> bool:
    """Whether the proof shows that the tree of `size` leaves begins with that of `old` leaves."""
    if old == size:
        return not proof and old_root == root
    if old == 0:
        return not proof and old_root == EMPTY
    if not (0 < old < size and proof):
        return False
    return _roots_of_proof(old, old_root, size, proof) == (old_root, root)


def _roots_of_proof(old: int, old_root: Hash, size: int, proof: Sequence[Hash]) -> tuple[Hash, Hash] | None:
    """Both roots that follow from a consistency proof; None if its length is wrong."""
    rest = iter(proof if old & (old - 1) else [old_root, *proof])
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = next(rest)
    for hash_ in rest:
        if last == 0:
            return None
        if at & 1 or at == last:
            before, after = node_hash(hash_, before), node_hash(hash_, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, hash_)
        at, last = at >> 1, last >> 1
    return (before, after) if last == 0 else None
