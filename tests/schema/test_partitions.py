from datetime import UTC, date, datetime, timedelta

import pytest

from schema.partitions import Partition, of_hours, of_ledger


@pytest.mark.parametrize(
    ("day", "first", "next_first"),
    [
        (date(2026, 10, 15), date(2026, 10, 1), date(2026, 11, 1)),
        (date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        (date(2024, 2, 29), date(2024, 2, 1), date(2024, 3, 1)),
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 2, 1)),
    ],
)
def test_hours_are_by_month_and_the_ledger_by_day(day: date, first: date, next_first: date) -> None:
    starts, ends = (datetime(each.year, each.month, 1, tzinfo=UTC) for each in (first, next_first))
    assert of_hours(day) == [Partition(table, starts, ends) for table in ("metrics_hourly", "costs_hourly")]
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert of_ledger(day) == Partition("processed_events", midnight, midnight + timedelta(days=1))
