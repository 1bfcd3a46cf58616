"""Roots and proofs of the log: equal to RFC 6962's definitions, and no wrong proof verifies."""

from random import Random

import pytest

from schema.tlog.merkle import EMPTY, Growing, consistency_spans, consistent, included, inclusion_spans, leaf_hash, root
from tests.support import merkle_reference as reference
from tests.support.tlog_trees import MemoryLog, random_log

SIZE = 40
ENTRIES = [bytes([number]) * number for number in range(SIZE)]
LOG = MemoryLog(ENTRIES)


def test_roots_are_those_of_the_definition() -> None:
    for size in range(1, SIZE + 1):
        assert LOG.root(size) == reference.tree(ENTRIES[:size]) == root([leaf_hash(each) for each in ENTRIES[:size]])
    assert root([]) == EMPTY == reference.tree([])


def test_a_growing_tree_has_the_root_of_each_size() -> None:
    growing = Growing()
    for size in range(SIZE + 1):
        assert growing.root == reference.tree(ENTRIES[:size])
        if size < SIZE:
            growing.append(leaf_hash(ENTRIES[size]))


def test_every_inclusion_proof_is_that_of_the_definition_and_verifies() -> None:
    for size in range(1, SIZE + 1):
        for number in range(size):
            proof = LOG.inclusion(number, size)
            assert proof == reference.path(number, ENTRIES[:size])
            assert included(leaf_hash(ENTRIES[number]), number, size, proof, LOG.root(size))


def test_every_consistency_proof_is_that_of_the_definition_and_verifies() -> None:
    for size in range(1, SIZE + 1):
        for old in range(1, size + 1):
            proof = LOG.consistency(old, size)
            assert proof == reference.proof(old, ENTRIES[:size])
            assert consistent(old, LOG.root(old), size, LOG.root(size), proof)
        assert consistent(0, EMPTY, size, LOG.root(size), [])


def test_no_other_leaf_number_size_root_or_proof_verifies() -> None:
    for size in range(1, SIZE + 1):
        whole = LOG.root(size)
        for number in range(size):
            hash_, proof = leaf_hash(ENTRIES[number]), LOG.inclusion(number, size)
            wrong_hash = leaf_hash(b"other")
            assert not included(wrong_hash, number, size, proof, whole)
            assert not included(hash_, number, size, proof, wrong_hash)
            assert not included(hash_, size, size, proof, whole)
            assert not included(hash_, -1, size, proof, whole)
            assert not any(included(hash_, each, size, proof, whole) for each in range(size) if each != number)
            assert not included(hash_, number, size, [*proof, wrong_hash], whole)
            assert not proof or not included(hash_, number, size, proof[:-1], whole)
            for at in range(len(proof)):
                assert not included(hash_, number, size, [*proof[:at], wrong_hash, *proof[at + 1 :]], whole)


def test_no_rewritten_log_is_consistent() -> None:
    random = Random(1801)
    for size in range(2, SIZE + 1):
        whole = LOG.root(size)
        for old in range(1, size):
            proof = LOG.consistency(old, size)
            changed = list(ENTRIES)
            changed[random.randrange(old)] = b"changed"
            rewritten = MemoryLog(changed)
            assert not consistent(old, LOG.root(old), size, rewritten.root(size), rewritten.consistency(old, size))
            assert not consistent(old, rewritten.root(old), size, whole, proof)
            assert not consistent(old, LOG.root(old), size, whole, [*proof, EMPTY])
            assert not consistent(old, LOG.root(old), size, whole, proof[:-1])
        assert not consistent(size, LOG.root(size - 1), size, whole, [])
        assert not consistent(size, whole, size, whole, [EMPTY])
        assert not consistent(size + 1, whole, size, whole, [])
        assert not consistent(0, whole, size, whole, [])


def test_large_trees_agree_with_the_definition() -> None:
    random = Random(1802)
    log = random_log(random, 3000)
    for _ in range(6):
        size = random.randrange(1, 3001)
        number, old = random.randrange(size), random.randrange(1, size + 1)
        assert log.root(size) == reference.tree(log.entries[:size])
        assert log.inclusion(number, size) == reference.path(number, log.entries[:size])
        assert log.consistency(old, size) == reference.proof(old, log.entries[:size])


@pytest.mark.parametrize(("number", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_a_leaf_that_is_not_there_has_no_proof(number: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"^a tree of {size} leaves has no leaf {number}$"):
        inclusion_spans(number, size)


def test_a_larger_tree_is_not_older() -> None:
    with pytest.raises(ValueError, match=r"^a tree of 3 leaves has no older tree of 4 leaves$"):
        consistency_spans(4, 3)


def test_proofs_of_five_years_are_small() -> None:
    """An entry every second for five years: no proof is longer than 4 KB in the base64 of its lines."""
    size = 5 * 366 * 86_400
    random = Random(1803)
    proofs = [inclusion_spans(random.randrange(size), size) for _ in range(1000)]
    proofs += [consistency_spans(random.randrange(1, size), size) for _ in range(1000)]
    assert max(map(len, proofs)) * len("A" * 44 + "\n") <= 4096
