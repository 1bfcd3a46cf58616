import re
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.money import MONEY_PATTERN, decimal, millionths, money, parse_money

AMOUNTS = st.integers(-(10**40), 10**40)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.000000"),
        (12500, "0.012500"),
        (-1, "-0.000001"),
        (-999_999, "-0.999999"),
        (-1_500_000, "-1.500000"),
        (10**12, "1000000.000000"),
        (10**18, "1000000000000.000000"),
    ],
)
def test_money_has_six_decimals_and_one_sign(amount: int, text: str) -> None:
    assert money(amount) == text == str(decimal(amount))
    assert parse_money(text) == millionths(Decimal(text)) == amount


@given(AMOUNTS)
def test_money_is_exact_there_and_back(amount: int) -> None:
    assert parse_money(money(amount)) == millionths(decimal(amount)) == amount


@given(AMOUNTS)
def test_no_context_rounds_money(amount: int) -> None:
    with localcontext(prec=3):
        assert str(decimal(amount)) == money(amount)
        assert millionths(Decimal(money(amount))) == amount


@given(AMOUNTS)
def test_money_is_what_the_documents_promise(amount: int) -> None:
    assert re.fullmatch(MONEY_PATTERN, money(amount))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", 0),
        ("7", 7_000_000),
        ("0.1", 100_000),
        ("0.10", 100_000),
        ("-0.0125", -12_500),
        ("-3", -3_000_000),
        ("007.5", 7_500_000),
    ],
)
def test_any_number_of_decimals(text: str, amount: int) -> None:
    assert parse_money(text) == amount
