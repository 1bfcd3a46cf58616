"""Values as text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.web.charts import COUNT, DURATION, PERCENT, Unit, exact, money_in, value_text
from graph.web.charts.units import MINUS, tick_texts

USD = money_in("USD")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("1234567", COUNT, "1,234,567"),
        ("-5", COUNT, "\u22125"),
        ("0.9713", PERCENT, "97.13 %"),
        ("1.0", PERCENT, "100.00 %"),
        ("0.9", PERCENT, "90.00 %"),
        ("0.00005", PERCENT, "0.005 %"),
        ("12.340000", USD, "12.34 USD"),
        ("-1234.567891", USD, "\u22121,234.567891 USD"),
        ("5.000000", USD, "5.00 USD"),
        ("123456789012345678901234567890.123456", USD, "123,456,789,012,345,678,901,234,567,890.123456 USD"),
        ("2345", DURATION, "2,345 ms"),
        (None, COUNT, "no data"),
    ],
)
def test_values_for_people(value: str | None, unit: Unit, text: str) -> None:
    assert value_text(None if value is None else Decimal(value), unit).replace("\u00a0", " ") == text


@given(value=st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_no_digit_is_lost(value: Decimal) -> None:
    digits = value_text(value, USD).removesuffix("\u00a0USD").replace(",", "").replace(MINUS, "-")
    assert Decimal(digits) == value
    assert Decimal(exact(value)) == value


@pytest.mark.parametrize(
    ("ticks", "unit", "texts"),
    [
        ("0 200 400", COUNT, "0|200|400"),
        ("0 5000 10000", COUNT, "0|5 k|10 k"),
        ("0 50000 100000", COUNT, "0|50 k|100 k"),
        ("0 500000 1000000", COUNT, "0|0.5 M|1.0 M"),
        ("0 5000000000", COUNT, "0|5 bn"),
        ("-1000000000000 0", COUNT, "\u22121 tn|0"),
        ("0 1E+30", COUNT, "0|1e+30"),
        ("0.90 0.95 1.00", PERCENT, "90 %|95 %|100 %"),
        ("0.994 0.996", PERCENT, "99.4 %|99.6 %"),
        ("0 250 500", DURATION, "0|250 ms|500 ms"),
        ("0 500 1000", DURATION, "0|0.5 s|1.0 s"),
        ("0.000 0.005 0.010", USD, "0|0.005|0.010"),
        ("-50 0 50", USD, "\u221250|0|50"),
    ],
)
def test_ticks_are_short_and_alike(ticks: str, unit: Unit, texts: str) -> None:
    found = tick_texts(tuple(map(Decimal, ticks.split())), unit)
    assert "|".join(found).replace("\u00a0", " ") == texts
