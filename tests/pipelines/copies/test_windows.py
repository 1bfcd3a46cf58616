from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from pipelines.copies.windows import MAX_MINUTES, MINUTE, SearchWindow, windows, windows_of_day

NOON = datetime(2026, 10, 15, 12, tzinfo=UTC)


def at(*minutes: int) -> list[tuple[str, datetime]]:
    return [("facts_dlr", NOON + minute * MINUTE) for minute in minutes]


def test_the_minutes_of_a_table_and_day_are_searched_together() -> None:
    grouped = list(windows([*at(3, 1, 2, 2, 9, -720), ("facts_cdr", NOON), ("facts_dlr", NOON - timedelta(days=1))]))
    assert grouped == [
        SearchWindow("facts_dlr", tuple(NOON + minute * MINUTE for minute in (-720, 1, 2, 3, 9))),
        SearchWindow("facts_dlr", (NOON - timedelta(days=1),)),
        SearchWindow("facts_cdr", (NOON,)),
    ]


def test_nothing_is_searched_where_nothing_came() -> None:
    assert list(windows([])) == []


@pytest.mark.parametrize("seed", range(20))
def test_every_minute_is_searched_once_and_no_other(seed: int) -> None:
    random = Random(seed)
    minutes = at(*random.sample(range(-1500, 1500), random.choice([1, 100, 2900])))
    grouped = list(windows(minutes))
    assert sorted((window.facts, minute) for window in grouped for minute in window.minutes) == sorted(minutes)
    for window in grouped:
        assert len(window.minutes) <= MAX_MINUTES
        assert (window.begin, window.end - MINUTE) == (min(window.minutes), max(window.minutes))
        assert len({minute.date() for minute in window.minutes}) == 1


def test_a_whole_day_is_each_tables_minutes() -> None:
    grouped = list(windows_of_day(date(2026, 10, 15)))
    assert {minute.date() for window in grouped for minute in window.minutes} == {date(2026, 10, 15)}
    assert sum(len(window.minutes) for window in grouped) == 3 * 1440
