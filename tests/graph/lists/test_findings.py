"""What explains a difference, and what does not, without engines."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from graph.lists.findings import Outcomes, Refunds, Seen, findings
from graph.lists.reconciliation import Comparison

DAY = date(2026, 10, 7)


def comparison(ours: str | None, theirs: str | None, **changed: Any) -> Comparison:
    difference = Decimal(ours or 0) - Decimal(theirs or 0)
    fields: dict[str, Any] = {
        **{"run_id": 1, "day": DAY, "currency": "USD", "status": "DIVERGED", "reason": None, "divergence": 1.0},
        **{"our_messages": 10, "their_messages": 11, "compared_at": datetime(2026, 10, 8, tzinfo=UTC)},
        **{"ours": ours, "theirs": theirs, "difference": f"{difference:.6f}"},
    }
    return Comparison(**fields | changed)


def seen(*comparisons: Comparison, **changed: Any) -> Seen:
    ours = {each.currency: each.ours for each in comparisons if each.ours and each.day == DAY}
    return Seen(DAY, comparisons, (), (), ours, 0, 0)._replace(**changed)


def whole(found: Comparison, known: Seen) -> list[str]:
    """The causes that explain all of it."""
    return [each.cause for each in findings(found, known) if each.explains]


def test_nothing_is_known() -> None:
    one = comparison("100.000000", "101.000000")
    assert findings(one, seen(one)) == []


@pytest.mark.parametrize("status", ["OK", "INVALID"])
def test_what_is_not_explained(status: str) -> None:
    one = comparison("100.000000", "101.000000", status=status, their_messages=10)
    assert findings(one, seen(one, waiting=7)) == []


def test_one_factor_in_all_currencies_is_a_price() -> None:
    usd = comparison("100.000000", "100.250000", their_messages=10)
    afn = comparison("3.333333", "3.341666", their_messages=10, currency="AFN")
    (found,) = findings(usd, seen(usd, afn))
    assert (found.cause, found.explains, found.amount) == ("PRICE", True, "-0.250000")
    assert "0.25 % above ours in USD, AFN" in found.sentence
    other = comparison("3.333333", "3.000000", their_messages=10, currency="AFN")
    assert whole(usd, seen(usd, other)) == []
    assert whole(usd, seen(usd)) == ["PRICE"]


@pytest.mark.parametrize("seed", range(50))
def test_an_amount_explains_the_difference_if_both_are_equal(seed: int) -> None:
    """An outcome explains a difference exactly if its effect is that difference, up to the tolerance."""
    random = Random(seed)
    ours = Decimal(random.randrange(10**6, 10**12)) / 10**6
    theirs = ours + Decimal(random.randrange(-(10**6), 10**6)) / 10**6
    one = comparison(f"{ours:.6f}", f"{theirs:.6f}")
    gap = ours - theirs
    drawn = {name: random.choice([gap, -gap, gap + Decimal("0.5")]) for name in ("refused", "copy", "late", "refunds")}
    outcomes = [
        Outcomes("refused", "USD", False, 1, f"{drawn['refused']:.6f}", 0, "0.000000"),
        Outcomes("copy", "USD", False, 1, f"{drawn['copy']:.6f}", 0, "0.000000"),
        Outcomes("counted", "USD", True, 1, f"{drawn['late']:.6f}", 0, "0.000000"),
        Outcomes("counted", "USD", False, 5, "1.000000", 2, f"{drawn['refunds']:.6f}"),
        Outcomes("counted", "AFN", True, 1, f"{gap:.6f}", 1, f"{gap:.6f}"),
    ]
    effects = {
        "REFUSED": -drawn["refused"],
        "COPIES": -drawn["copy"],
        "LATE": drawn["late"],
        "REFUNDS": -drawn["refunds"],
    }
    expected = {cause for cause, effect in effects.items() if abs(gap - effect) * 10_000 <= theirs}
    found = findings(one, seen(one, outcomes=outcomes))
    assert {each.cause for each in found if each.explains} == expected
    assert {each.cause: each.amount for each in found} == {cause: f"{effect:.6f}" for cause, effect in effects.items()}
    assert [each.explains for each in found] == sorted((each.explains for each in found), reverse=True)


def test_refunds_across_midnight() -> None:
    one = comparison("100.000000", "93.000000")
    after = [Refunds(True, "USD", 2, "7.000000"), Refunds(False, "USD", 1, "7.000000"), Refunds(True, "AFN", 1, "7")]
    assert whole(one, seen(one, midnight=after)) == ["REFUNDS_BOOKED_AFTER"]
    assert len(findings(one, seen(one, midnight=after))) == 2


def test_neighbours_and_currencies() -> None:
    one = comparison("100.000000", "107.000000")
    after = comparison("50.000000", "43.000000", day=DAY + timedelta(days=1))
    other = comparison("7.000000", None, currency="AFN", status="MISSING_THEIRS")
    same_side = comparison("1.000000", "2.000000", currency="EUR")
    assert whole(one, seen(one, after, same_side)) == ["NEIGHBOUR"]
    assert whole(one, seen(one, other, same_side)) == ["CURRENCY"]


def test_messages_that_wait_or_are_lost_have_no_amount() -> None:
    one = comparison("100.000000", "107.000000")
    found = findings(one, seen(one, waiting=7, lost=3))
    assert [(each.cause, each.messages, each.amount) for each in found] == [("WAITING", 7, None), ("LOST", 3, None)]
