"""The days that are due, and their order."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.integrity.days import ChainPosition, Due, due

DAY = timedelta(days=1)
FIRST = date(2026, 10, 1)
LAG = timedelta(hours=24)


@pytest.mark.parametrize(
    ("cut", "days"),
    [
        (datetime(2026, 10, 2, 23, 59, 59, 999_999, tzinfo=UTC), 0),
        (datetime(2026, 10, 3, tzinfo=UTC), 1),
        (datetime(2026, 10, 6, 12, tzinfo=UTC), 4),
        (datetime(2026, 9, 1, tzinfo=UTC), 0),
    ],
)
def test_a_day_is_due_when_its_lag_is_over(cut: datetime, days: int) -> None:
    due_days = list(due(ChainPosition(cut, LAG, FIRST, ())))
    assert due_days == [Due(FIRST + number * DAY, cut, amends=False) for number in range(days)]


def test_what_is_late_comes_before_what_is_closed() -> None:
    cut = datetime(2026, 10, 3, tzinfo=UTC)
    late = [FIRST - DAY, FIRST - 9 * DAY]
    due_days = [(each.day, each.amends) for each in due(ChainPosition(cut, LAG, FIRST, late))]
    assert due_days == [(FIRST - 9 * DAY, True), (FIRST - DAY, True), (FIRST, False)]


def test_without_a_fact_nothing_is_due() -> None:
    assert list(due(ChainPosition(datetime(2026, 10, 3, tzinfo=UTC), LAG, None, ()))) == []
