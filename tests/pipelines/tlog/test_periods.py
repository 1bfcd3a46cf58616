"""Periods follow each other without a gap, and few ranges of event time contain the minutes of facts."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from pipelines.tlog.periods import GAP, LONGEST, EventRange, due, ranges
from schema.instants import DAY, HOUR, MINUTE

BEGIN = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)


def test_a_short_time_is_one_period() -> None:
    cut = BEGIN + timedelta(minutes=4)
    assert [tuple(each) for each in due(BEGIN, cut)] == [(BEGIN, cut)]


def test_a_long_time_is_several_periods_without_a_gap() -> None:
    cut = BEGIN + timedelta(hours=5, minutes=7, microseconds=1)
    found = list(due(BEGIN, cut))
    assert (found[0].stored_from, found[-1].stored_before) == (BEGIN, cut)
    assert all(before.stored_before == after.stored_from for before, after in pairwise(found))
    assert all(timedelta(0) < each.stored_before - each.stored_from <= LONGEST for each in found)


def test_nothing_is_due_before_the_end_of_the_last_period() -> None:
    assert list(due(BEGIN, BEGIN)) == []
    assert list(due(BEGIN, BEGIN - timedelta(hours=1))) == []


def test_ranges_contain_each_minute_within_its_day() -> None:
    random = Random(1840)
    for _ in range(100):
        minutes = sorted({random.randrange(4 * DAY // MINUTE) * MINUTE for _ in range(random.randrange(40))})
        found = list(ranges(minutes))
        assert all(any(each.begin <= minute < each.end for each in found) for minute in minutes)
        assert all(each.begin // DAY == (each.end - 1) // DAY for each in found)
        assert all(before.end <= after.begin for before, after in pairwise(found))


def test_close_minutes_are_read_together_but_not_over_midnight() -> None:
    assert list(ranges([])) == []
    assert list(ranges([0, MINUTE, GAP])) == [EventRange(0, GAP + MINUTE)]
    assert list(ranges([0, 2 * HOUR])) == [EventRange(0, MINUTE), EventRange(2 * HOUR, 2 * HOUR + MINUTE)]
    assert list(ranges([DAY - MINUTE, DAY])) == [EventRange(DAY - MINUTE, DAY), EventRange(DAY, DAY + MINUTE)]
