"""Status and divergence of each kind of totals, and the sentence of an alarm."""

from datetime import date, timedelta
from decimal import Decimal, localcontext

import pytest

from pipelines.reconciliation.nodes import alarm, compare, count
from pipelines.reconciliation.totals import TotalsToCompare

DAY = date(2026, 10, 7)


def totals(ours: str | None, theirs: str | None, day: date = DAY) -> TotalsToCompare:
    one, other = (None if cost is None else Decimal(cost) for cost in (ours, theirs))
    return TotalsToCompare(day, "USD", one, other, our_messages=None, their_messages=None)


@pytest.mark.parametrize(
    ("ours", "theirs", "status", "divergence"),
    [
        ("100", "100", "OK", "0"),
        ("100.01", "100", "OK", "0.0001"),
        ("100.010001", "100", "DIVERGED", "0.00010001"),
        ("99.989999", "100", "DIVERGED", "0.00010001"),
        ("-100.02", "-100", "DIVERGED", "0.0002"),
        ("100", "-100", "DIVERGED", "2"),
        (None, "100", "MISSING_OURS", "1"),
        ("100", None, "MISSING_THEIRS", "1"),
        ("100", "0", "DIVERGED", "1"),
        ("0", "0", "OK", "0"),
        (None, "0", "OK", "0"),
        # One digit more than a double, or 28 decimal digits, can hold.
        ("10001000000000000000000000000.000001", "10000000000000000000000000000", "DIVERGED", None),
        ("10001000000000000000000000000.000000", "10000000000000000000000000000", "OK", "0.0001"),
    ],
)
def test_status_and_divergence(ours: str | None, theirs: str | None, status: str, divergence: str | None) -> None:
    (comparison,) = compare([totals(ours, theirs)])
    assert comparison.status == status
    assert (comparison.divergence > Decimal("0.0001")) == (status != "OK")
    with localcontext(prec=50):
        assert comparison.difference == Decimal(ours or 0) - Decimal(theirs or 0)
    if divergence is not None:
        assert comparison.divergence == Decimal(divergence)


@pytest.mark.parametrize("ours", [None, "0"])
def test_two_missing_sides_are_not_compared(ours: str | None) -> None:
    assert compare([totals(ours, None)]) == []


def test_an_alarm_names_the_newest_days() -> None:
    wrong = compare([totals("101", "100", DAY + timedelta(days=days)) for days in range(7)])
    sentence = alarm([*wrong, *compare([totals("1", "1")])])
    assert sentence.startswith("Our cost differs from billing's: 2026-10-13 USD DIVERGED by 1 %, 2026-10-12 USD")
    assert sentence.endswith("2026-10-09 USD DIVERGED by 1 % and 2 more; see anlyt.reconciliation_log.")
    assert alarm(compare([totals("1", "1")])) == alarm([]) == ""


def test_counts() -> None:
    comparisons = compare([totals("1", "1"), totals("1", None), totals(None, "1"), totals("1", "2"), totals("0", None)])
    assert count(comparisons) == {"compared": 4, "diverged": 1, "missing_ours": 1, "missing_theirs": 1, "invalid": 0}


@pytest.mark.parametrize("ours", [None, "0", "100", "-100"])
def test_what_is_no_total_is_invalid_whatever_ours_is(ours: str | None) -> None:
    (comparison,) = compare([totals(ours, None)._replace(invalid="total_cost is 'NaN'")])
    assert (comparison.status, comparison.divergence, comparison.difference) == (
        "INVALID",
        Decimal(1),
        Decimal(ours or 0),
    )
    assert count([comparison])["invalid"] == 1
    assert alarm([comparison]).startswith(
        "Our cost differs from billing's: 2026-10-07 USD INVALID (total_cost is 'NaN'); see"
    )


@pytest.mark.parametrize("ours", [None, "0"])
def test_a_difference_that_is_gone_on_both_sides_is_reconciled(ours: str | None) -> None:
    (comparison,) = compare([totals(ours, None)._replace(is_open=True)])
    assert (comparison.status, comparison.divergence) == ("OK", Decimal(0))
