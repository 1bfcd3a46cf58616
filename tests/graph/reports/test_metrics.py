from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.reports.metrics import NOTHING, Counts, half_up, millionths, money, ratio, total
from schema.figures import FIGURES

VALUES = {"sum": st.integers(-(2**70), 2**70), "max": st.integers(0, 2**40)}
COUNTS = st.builds(Counts, **{name: VALUES[figure.merge] for name, figure in FIGURES.items()})


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**15))
def test_half_up_is_decimals(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    nearest = half_up(numerator, denominator)
    assert abs(nearest - exact) <= Decimal("0.5") + Decimal("1e-9") * abs(exact)
    assert half_up(-numerator, denominator) == -nearest


@pytest.mark.parametrize(("numerator", "expected"), [(1, 1), (3, 2), (-1, -1), (-3, -2), (0, 0), (2, 1)])
def test_halves_go_away_from_zero(numerator: int, expected: int) -> None:
    assert half_up(numerator, 2) == expected


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_ratios_have_four_decimals(part: int, whole: int) -> None:
    exact = (Decimal(part) / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert ratio(part, whole) == float(exact)
    assert str(ratio(part, whole)) == str(float(exact))


@pytest.mark.parametrize("whole", [0, -1])
def test_nothing_is_shared_by_nobody(whole: int) -> None:
    assert ratio(0, whole) is None


@given(st.integers(-(10**40), 10**40))
def test_money_is_read_as_it_is_written(amount: int) -> None:
    assert millionths(money(amount)) == amount


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0.000000"), (12500, "0.012500"), (-1, "-0.000001"), (10**12, "1000000.000000")]
)
def test_money(amount: int, text: str) -> None:
    assert money(amount) == text


@given(st.lists(COUNTS), st.lists(COUNTS))
def test_totals_of_totals_are_totals(some: list[Counts], others: list[Counts]) -> None:
    assert total([total(some), total(others)]) == total([*some, *others, NOTHING])


def test_a_total_is_sums_and_the_highest_peak() -> None:
    some = Counts(messages=1, delivered=2, failed=3, segments=4, cost=5, latency_sum=6, latency_samples=7, peak_tps=8)
    more = Counts(messages=10, segments=40, cost=-50, peak_tps=7)
    assert total([some, more]) == some._replace(messages=11, segments=44, cost=-45)
