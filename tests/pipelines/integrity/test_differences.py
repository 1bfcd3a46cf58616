"""The differences of a tampered chain, and the alarm of a run that finds them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipelines.integrity.chain import StoredLeaf, StoredLink
from pipelines.integrity.closing import ClosedDay
from pipelines.integrity.differences import Difference, of_chain, of_facts, of_leaves
from pipelines.integrity.digests import Digest
from pipelines.integrity.nodes import summarise
from schema.integrity import GENESIS, Leaf, Link, merkle_tree, packed_path

DAY = timedelta(days=1)
FIRST = date(2026, 10, 1)
CUT = datetime(2026, 10, 20, tzinfo=UTC)
# (day, amended link): two closed days, a late link for the first one, a third day, a late link for a day before all.
PLAN = [(0, None), (1, None), (0, 1), (2, None), (-5, None), (3, None)]


def chain(plan: Sequence[tuple[int, int | None]] = PLAN) -> list[StoredLink]:
    made: list[StoredLink] = []
    for number, (day, amends) in enumerate(plan, 1):
        previous = made[-1].hash if made else GENESIS
        link = Link(number, FIRST + day * DAY, amends, CUT, 1, 5, bytes(32), previous)
        made.append(StoredLink(link, link.hash))
    return made


def lines(links: Sequence[StoredLink]) -> list[str]:
    return [difference.what for difference in of_chain(links)]


def test_a_good_chain() -> None:
    assert lines(chain()) == []
    assert lines([]) == []


@pytest.mark.parametrize("field", [{"facts": 6}, {"leaves": 2}, {"root": b"\1" * 32}, {"stored_before": CUT + DAY}])
def test_a_changed_link(field: Any) -> None:
    links = chain()
    links[1] = StoredLink(replace(links[1].link, **field), links[1].hash)
    assert lines(links) == ["hash of link 2"]


def test_a_changed_link_with_a_new_hash() -> None:
    links = chain()
    forged = replace(links[1].link, facts=6)
    links[1] = StoredLink(forged, forged.hash)
    assert lines(links) == ["previous hash of link 3"]


def test_a_link_that_is_gone() -> None:
    links = chain()
    del links[1]
    assert lines(links)[:2] == ["number of link 3", "previous hash of link 3"]


def test_a_day_that_is_left_out_of_a_chain_that_was_computed_again() -> None:
    assert lines(chain([(0, None), (1, None), (3, None)])) == ["day closed before link 3"]
    assert lines(chain([(0, None), (1, None), (1, None)])) == ["amended link of link 3"]
    assert lines(chain([(0, None), (1, None), (0, None)])) == ["amended link of link 3"]


def test_leaves() -> None:
    leaves = [Leaf(f"t-{number}", 1, FIRST, CUT, 5, bytes([number] * 32)) for number in range(5)]
    tree = merkle_tree([leaf.hash for leaf in leaves])
    link = Link(1, FIRST, None, CUT, 5, 25, tree.root, GENESIS)
    stored = [
        StoredLeaf(leaf.tenant_id, 1, Digest(5, leaf.digest), packed_path(path))
        for leaf, path in zip(leaves, tree.paths, strict=True)
    ]
    assert list(of_leaves(link, stored)) == []
    wrong = [stored[0]._replace(path=stored[1].path), *stored[1:]]
    assert [each.what for each in of_leaves(link, wrong)] == ["path of tenant t-0 in link 1"]
    wrong = [stored[0]._replace(digest=Digest(4, stored[0].digest.digest)), *stored[1:]]
    assert [each.what for each in of_leaves(link, wrong)] == [
        "number of facts of link 1",
        "root of the leaves of link 1",
    ]
    wrong = [stored[0]._replace(number=2), *stored[1:]]
    assert [each.what for each in of_leaves(link, wrong)] == ["root of the leaves of link 1"]
    assert len(list(of_leaves(link, stored[1:]))) == 3


def test_facts() -> None:
    known = {"a": Digest(3, b"x"), "b": Digest(2, b"y"), "c": Digest(1, b"z")}
    assert list(of_facts(FIRST, 4, known, known)) == []
    found = of_facts(FIRST, 4, known, {"a": Digest(3, b"X"), "c": Digest(2, b"Z"), "d": Digest(1, b"w")})
    assert [each.what.split(" that")[0] for each in found] == [
        "changed facts of tenant a",
        "dropped facts of tenant b",
        "added facts of tenant c",
        "added facts of tenant d",
    ]
    assert [each.what for each in of_facts(FIRST, None, {}, {"a": Digest(1, b"x")})] == [
        "added facts of tenant a that no link covers"
    ]


def test_a_run_reports_each_difference_once() -> None:
    links = [each.link for each in chain()]
    wrong = [Difference(FIRST, f"facts {number}", "1", "2") for number in range(5)]
    counts, alarm = summarise([*map(ClosedDay, links), ClosedDay(None, wrong[:2])], wrong)
    assert counts == {"days_closed": 5, "days_amended": 1, "facts": 30, "differences": 5}
    assert alarm.startswith("Compliance facts differ from the chain: 2026-10-01  facts 0: expected 1; found 2 | ")
    assert alarm.endswith(" and 2 more; see `anlyt audit verify`.")
    assert summarise([ClosedDay(None)], []) == (
        {"days_closed": 0, "days_amended": 0, "facts": 0, "differences": 0},
        "",
    )
