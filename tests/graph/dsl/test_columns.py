from zoneinfo import ZoneInfo

import pytest

from graph.dsl.columns import Column, printed

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("millionths", "text"), [(12_500, "0.012500"), (-1, "-0.000001"), (-1_500_000, "-1.500000"), (0, "0.000000")]
)
def test_negative_money_is_printed_with_its_sign(millionths: int, text: str) -> None:
    assert printed(Column("cost", "money", "measure"), millionths, UTC) == text
