from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.rounding import half_up, ratio


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
