from datetime import date, timedelta
from random import Random

from pipelines.archive.days import OldDay, OldPartition, first_kept_day, hours_of
from pipelines.archive.nodes import MAX_ROWS, count, partitions_to_drop, plan

FIRST = date(2026, 1, 20)


def days(*rows: int) -> list[OldDay]:
    return [OldDay(FIRST + timedelta(days=number), count) for number, count in enumerate(rows)]


def test_days_that_are_not_much_go_together_month_by_month() -> None:
    old = days(*[100] * 20)
    Random(1).shuffle(old)
    chunks = list(plan(old))
    assert [(chunk[0], len(chunk)) for chunk in chunks] == [(FIRST, 12), (date(2026, 2, 1), 8)]
    assert [day for chunk in chunks for day in chunk] == sorted(day for day, _ in old)


def test_days_with_many_rows_go_by_themselves() -> None:
    half = MAX_ROWS // 2
    assert [len(chunk) for chunk in plan(days(half, half, 1, 3 * MAX_ROWS, half))] == [2, 1, 1, 1]


def test_nothing_old() -> None:
    assert list(plan([])) == []
    assert count([]) == {"days": 0}


def test_every_old_month_is_looked_at() -> None:
    months = [OldPartition("metrics_hourly", "metrics_hourly_20260101")]
    assert list(partitions_to_drop([], months)) == months


def test_ninety_days_are_kept() -> None:
    begins, ends = hours_of(first_kept_day())
    assert ends - begins == timedelta(days=1)
    assert begins.tzinfo is not None
