"""Partitions ahead at the ends of months and years; claims and runs that may be forgotten."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.maintenance.nodes import Forgettable, Ledger, ahead, count, stale, unneeded
from schema.dedup import LedgerDay


def day(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T00:00:00Z")


@pytest.mark.parametrize(
    ("now", "months"),
    [
        (datetime(2026, 1, 31, 23, 59, tzinfo=UTC), ["2026-01-01", "2026-02-01", "2026-03-01"]),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), ["2028-02-01", "2028-03-01", "2028-04-01"]),
        (datetime(2026, 12, 31, 0, 0, tzinfo=UTC), ["2026-12-01", "2027-01-01", "2027-02-01"]),
    ],
)
def test_this_month_and_the_next_today_and_three_days_more(now: datetime, months: list[str]) -> None:
    made, counts = ahead(now)
    starts = [day(month) for month in months]
    for parent in ("metrics_hourly", "costs_hourly"):
        spans = [(each.starts, each.ends) for each in made if each.parent == parent]
        assert spans == [(starts[0], starts[1]), (starts[1], starts[2])]
    days = [each for each in made if each.parent == "processed_events"]
    midnight = now.replace(hour=0, minute=0)
    assert [each.starts for each in days] == [midnight + timedelta(days=days) for days in range(4)]
    assert all(each.ends - each.starts == timedelta(days=1) for each in days)
    assert counts == {"partitions_ahead": 8}


def test_what_is_forgotten_is_counted() -> None:
    now = day("2026-10-07")
    ledger = [LedgerDay(date(2026, 9, 1), day("2026-09-01"), True), LedgerDay(date(2026, 9, 2), now, True)]
    forgotten = Forgettable([date(2026, 9, 1)], day("2026-09-27"), day("2026-09-27"))
    assert unneeded(Ledger(ledger, now, timedelta(days=9))) == (forgotten, {"ledger_days_dropped": 1})
    assert unneeded(Ledger(ledger, now, None)) == (Forgettable([], now, None), {"ledger_days_dropped": 0})
    assert stale([4, 5]) == ([4, 5], {"runs_forgotten": 2})
    assert count({"a": 1}, {"b": 2}) == {"a": 1, "b": 2}
