"""Slices cover the window, each with as many rows as allowed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from graph.audit.exports.slices import COUNTED_AT_ONCE, counting_slices, file_slices
from graph.audit.statements import TimeSlice

BEGIN = datetime(2024, 2, 28, 10, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hour(number: int) -> datetime:
    return BEGIN.replace(minute=0) + number * HOUR


def test_file_slices() -> None:
    window = TimeSlice(BEGIN, hour(9))
    rows = [(hour(0), 3), (hour(1), 4), (hour(2), 3), (hour(5), 11), (hour(7), 1)]
    assert file_slices(window, rows, 10) == [
        TimeSlice(BEGIN, hour(5)),
        TimeSlice(hour(5), hour(7)),
        TimeSlice(hour(7), hour(9)),
    ]
    assert file_slices(window, rows, 9) == [
        TimeSlice(BEGIN, hour(2)),
        TimeSlice(hour(2), hour(5)),
        TimeSlice(hour(5), hour(7)),
        TimeSlice(hour(7), hour(9)),
    ]
    assert file_slices(window, rows, 100) == [window]
    assert file_slices(window, [], 1) == [window]


@given(st.dictionaries(st.integers(0, 100), st.integers(1, 50), max_size=40), st.integers(1, 60))
def test_slices_have_all_rows_and_none_too_many(counts: dict[int, int], most: int) -> None:
    window = TimeSlice(BEGIN, hour(102))
    rows = [(hour(number), count) for number, count in sorted(counts.items())]
    slices = file_slices(window, rows, most)
    assert (slices[0].from_, slices[-1].to) == window
    assert all(before.to == after.from_ for before, after in pairwise(slices))
    for time_slice in slices:
        rows_in_slice = [count for at, count in rows if max(at, BEGIN) >= time_slice.from_ and at < time_slice.to]
        assert sum(rows_in_slice) <= most or len(rows_in_slice) == 1
        assert rows_in_slice or len(slices) == 1


@given(st.timedeltas(timedelta(microseconds=1), timedelta(days=1900)))
def test_counting_slices(length: timedelta) -> None:
    found = list(counting_slices(BEGIN, BEGIN + length))
    assert (found[0].from_, found[-1].to) == (BEGIN, BEGIN + length)
    assert all(before.to == after.from_ for before, after in pairwise(found))
    assert all(timedelta() < time_slice.to - time_slice.from_ <= COUNTED_AT_ONCE for time_slice in found)
