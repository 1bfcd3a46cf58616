"""Ranges of neighbouring hours, and sets of active accounts from the bits of a day and its hours."""

from functools import reduce
from operator import or_

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.reports.reading.active import set_of_day, set_of_hours
from graph.reports.reading.rows import hour_ranges
from graph.reports.windows import DAY_HOURS, DaySlice


@pytest.mark.parametrize(
    ("slices", "expected"),
    [
        ([], []),
        ([DaySlice(5, 3, 24)], [(123, 144)]),
        ([DaySlice(5, 3, 24), DaySlice(6, 0, 24), DaySlice(7, 0, 2)], [(123, 170)]),
        ([DaySlice(5, 3, 24), DaySlice(9, 0, 2)], [(123, 144), (216, 218)]),
        ([DaySlice(day, 0, 24) for day in (1, 3, 5, 7)], [(24, 48), (72, 96), (120, 144), (168, 192)]),
    ],
)
def test_neighbouring_hours_are_read_together(slices: list[DaySlice], expected: list[tuple[int, int]]) -> None:
    assert list(hour_ranges(slices)) == expected


@given(
    st.lists(st.integers(0, 2**24 - 1), min_size=DAY_HOURS, max_size=DAY_HOURS),
    st.integers(0, 23),
    st.integers(1, DAY_HOURS),
)
def test_the_set_of_a_slice_is_the_union_of_its_hours(hours: list[int], first: int, length: int) -> None:
    day_slice = DaySlice(5, first, min(first + length, DAY_HOURS))
    whole = reduce(or_, hours)
    sent = b"".join(each.to_bytes(3, "little") for each in hours)
    found = set_of_hours(day_slice, sent)
    assert found == reduce(or_, hours[day_slice.first : day_slice.end])
    assert set_of_hours(DaySlice(5, 0, DAY_HOURS), sent) == set_of_day(whole.to_bytes(3, "little")) == whole
