"""Netstrings, the Merkle tree compared with Certificate Transparency's vectors, and the fields that a hash covers."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.integrity import GENESIS, STEP, Leaf, Link, merkle_tree, netstrings, packed_path, root_above, unpacked_path

DAY, AT = date(2026, 10, 1), datetime(2026, 10, 3, 0, 0, 0, 1, tzinfo=UTC)
LEAF = Leaf("t-1", 7, DAY, AT, 120, sha256(b"facts").digest())
LINK = Link(8, DAY, 3, AT, 2, 130, sha256(b"root").digest(), GENESIS)
# https://github.com/google/certificate-transparency, merkletree tests: entries, and the roots of the first 1, 2, ... of
# them.
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_netstrings() -> None:
    assert netstrings("a", 17, "", "☎", DAY) == "1:a,2:17,0:,3:☎,10:2026-10-01,".encode()


@given(st.lists(st.text()), st.lists(st.text()))
def test_other_values_are_other_bytes(left: list[str], right: list[str]) -> None:
    assert (netstrings(*left) == netstrings(*right)) == (left == right)


def test_the_tree_is_that_of_certificate_transparency() -> None:
    leaves = [sha256(b"\0" + bytes.fromhex(entry)).digest() for entry in ENTRIES]
    assert [merkle_tree(leaves[:size]).root.hex() for size in range(1, 9)] == ROOTS
    assert merkle_tree([]).root == sha256().digest()


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True), st.data())
def test_every_leaf_finds_the_root_and_no_other_does(leaves: list[bytes], data: st.DataObject) -> None:
    tree = merkle_tree(leaves)
    for leaf, path in zip(leaves, tree.paths, strict=True):
        assert root_above(leaf, path) == tree.root
        assert tuple(unpacked_path(packed_path(path))) == tuple(path)
        assert all(len(step) == STEP for step in path)
    stranger = data.draw(st.binary(min_size=32, max_size=32))
    for leaf, path in zip(leaves, tree.paths, strict=True):
        assert (root_above(stranger, path) == tree.root) == (stranger == leaf)


@pytest.mark.parametrize("name", [field.name for field in fields(Leaf)])
def test_a_leafs_hash_is_over_all_of_it(name: str) -> None:
    assert _changed(LEAF, name).hash != LEAF.hash


@pytest.mark.parametrize("name", [field.name for field in fields(Link)])
def test_a_links_hash_is_over_all_of_it(name: str) -> None:
    assert _changed(LINK, name).hash != LINK.hash
    assert replace(LINK, amends=None).hash != LINK.hash


def _changed(hashed: Any, name: str) -> Any:
    other = {int: 9, str: "t-2", bytes: bytes(range(32)), date: date(2026, 10, 2), datetime: AT.replace(microsecond=2)}
    return replace(hashed, **{name: other[type(getattr(hashed, name))]})
