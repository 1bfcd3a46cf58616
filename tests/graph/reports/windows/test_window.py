"""Slices of windows: whole days between the edges, and their hours."""

from hypothesis import given
from hypothesis import strategies as st

from graph.reports.windows import DAY_HOURS, Window, hour_start, whole_days

FIRST = 20727 * DAY_HOURS


@given(st.integers(0, 60), st.integers(1, 120))
def test_only_the_first_and_the_last_slice_may_lack_hours(first: int, length: int) -> None:
    window = Window(hour_start(FIRST + first), hour_start(FIRST + first + length))
    begin, end = whole_days(window.slices)
    whole, edges = window.slices[begin:end], [*window.slices[:begin], *window.slices[end:]]
    assert all(each.is_whole_day for each in whole)
    assert not any(each.is_whole_day for each in edges)
    assert begin <= 1
    assert len(window.slices) - end <= 1


@given(st.integers(0, 60), st.integers(1, 120))
def test_the_hours_of_a_window_are_those_of_its_slices(first: int, length: int) -> None:
    window = Window(hour_start(FIRST + first), hour_start(FIRST + first + length))
    assert [each.first_hour for each in window.hours] == list(range(FIRST + first, FIRST + first + length))
    assert all(each.end == each.first + 1 for each in window.hours)


def test_nothing_has_no_whole_days() -> None:
    assert whole_days(()) == (0, 0)
