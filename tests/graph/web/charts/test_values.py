"""What a chart is made of."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from graph.web.charts import COMPLETE, Quality, qualities_of, reading
from tests.graph.support.pictures import counts, days, time_chart


@pytest.mark.parametrize(
    ("value", "exact"),
    [(5, "5"), (0.9713, "0.9713"), ("12.340000", "12.340000"), (Decimal("-1.50"), "-1.50"), (1.0, "1.0")],
)
def test_a_reading_is_exact(value: int | float | str | Decimal, exact: str) -> None:
    assert str(reading(value).value) == exact


def test_no_value_is_none() -> None:
    assert reading(None, Quality.SUPPRESSED).value is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("sNaN")])
def test_what_is_no_number_is_refused(value: float | Decimal) -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        reading(value)


def test_qualities_of_an_answer() -> None:
    assert qualities_of() == COMPLETE
    assert qualities_of("PARTIAL", provisional=True) == {Quality.PARTIAL, Quality.PROVISIONAL}
    assert qualities_of("ACTUAL", low_sample=True, suppressed=True) == {Quality.LOW_SAMPLE, Quality.SUPPRESSED}
    with pytest.raises(ValueError, match="BETTER"):
        qualities_of("BETTER")


def test_values_that_do_not_fit_each_other_are_refused() -> None:
    chart = time_chart(counts("a", 1, 2))
    with pytest.raises(ValueError, match=r"one reading for each of 1 times: a\."):
        replace(chart, times=days(1))
    with pytest.raises(ValueError, match="must increase"):
        replace(chart, times=[*days(1), *days(1)])
    with pytest.raises(ValueError, match="need an offset"):
        replace(chart, times=[datetime(2026, 11, 1), datetime(2026, 11, 2)])
    for wrong in ("", "Chart", "1a", 'a"b', "a b"):
        with pytest.raises(ValueError, match="is no id"):
            replace(chart, id=wrong)
