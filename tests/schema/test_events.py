from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.events import micros, money

AMOUNTS = st.decimals(0, Decimal("999999999999.999999"), places=6)


@given(AMOUNTS)
def test_money_is_exact_there_and_back(amount: Decimal) -> None:
    assert money(micros(f"{amount:f}")) == amount


@given(st.lists(AMOUNTS), st.lists(AMOUNTS))
def test_sums_are_exact(charged: list[Decimal], refunded: list[Decimal]) -> None:
    total = sum(micros(f"{amount:f}") for amount in charged) - sum(micros(f"{amount:f}") for amount in refunded)
    # money() must not depend on the context's precision either, so neither may what it is compared to.
    assert str(money(total)) == f"{'-' if total < 0 else ''}{abs(total) // 10**6}.{abs(total) % 10**6:06}"


@pytest.mark.parametrize(
    ("text", "millionths"),
    [("0", 0), ("7", 7_000_000), ("0.1", 100_000), ("0.10", 100_000), ("0.000001", 1), ("007.5", 7_500_000)],
)
def test_any_number_of_decimals(text: str, millionths: int) -> None:
    assert micros(text) == millionths


def test_money_always_shows_six_decimals() -> None:
    assert [str(money(n)) for n in (0, 1, -1, 12_500, 10**18)] == [
        "0.000000",
        "0.000001",
        "-0.000001",
        "0.012500",
        "1000000000000.000000",
    ]
