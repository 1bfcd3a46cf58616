"""Ticks and scales."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.web.charts import COUNT, DURATION, PERCENT, Unit, money_in
from graph.web.charts.scales import axis, nice_step

UNITS = st.sampled_from((COUNT, DURATION, money_in("USD")))
VALUES = st.lists(st.decimals(-(10**18), 10**18, places=6), min_size=1, max_size=20)
RATES = st.lists(st.decimals(0, 1, places=4), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("values", "unit", "ticks"),
    [
        ([], COUNT, "0 1"),
        ([0], COUNT, "0 1"),
        ([3], COUNT, "0 1 2 3"),
        ([7, 7], COUNT, "0 2 4 6 8"),
        ([120, 980], COUNT, "0 200 400 600 800 1000"),
        ([-30, 90], money_in("USD"), "-50 0 50 100"),
        ([-4, -2], COUNT, "-4 -3 -2 -1 0"),
        (["0.001", "0.0042"], money_in("USD"), "0.000 0.001 0.002 0.003 0.004 0.005"),
        (["0.9", "0.98"], PERCENT, "0.90 0.92 0.94 0.96 0.98"),
        (["0.2", "0.9"], PERCENT, "0.0 0.2 0.4 0.6 0.8 1.0"),
        (["1"], PERCENT, "0.995 0.996 0.997 0.998 0.999 1"),
        (["0"], PERCENT, "0.0 0.2 0.4 0.6 0.8 1.0"),
        (["0.5", "1.2"], PERCENT, "0.0 0.5 1.0 1.5"),
    ],
)
def test_ticks(values: list[str], unit: Unit, ticks: str) -> None:
    expected = tuple(Decimal(each) for each in ticks.split())
    assert axis([Decimal(each) for each in values], unit).ticks == expected


@given(values=VALUES, unit=UNITS)
def test_ticks_cover_the_values_and_zero_in_equal_steps(values: list[Decimal], unit: Unit) -> None:
    ticks = axis(values, unit).ticks
    assert ticks[0] <= min(*values, Decimal(0))
    assert max(*values, Decimal(0)) <= ticks[-1]
    steps = {after - before for before, after in pairwise(ticks)}
    assert len(steps) == 1
    assert str(steps.pop().normalize()).lstrip("-0.")[0] in "125"
    assert 2 <= len(ticks) <= 11
    assert unit is not COUNT or all(tick == int(tick) for tick in ticks)


@given(values=RATES)
def test_rates_stay_between_0_and_1_and_say_where_they_start(values: list[Decimal]) -> None:
    found = axis(values, PERCENT)
    assert 0 <= found.ticks[0] <= min(values) <= max(values) <= found.ticks[-1] <= 1
    assert found.truncated == (found.ticks[0] != 0)


@given(values=VALUES)
def test_a_scale_keeps_order_and_stays_inside(values: list[Decimal]) -> None:
    scale = axis(values, COUNT).scale(10.0, 110.0)
    positions = [scale(each) for each in sorted(values)]
    assert positions == sorted(positions)
    assert positions[0] >= 10 - 1e-9
    assert positions[-1] <= 110 + 1e-9


@given(rough=st.decimals("0.000001", 10**20, places=6))
def test_nice_steps_are_near(rough: Decimal) -> None:
    assert Decimal("0.66") <= nice_step(rough) / rough <= Decimal("1.67")
