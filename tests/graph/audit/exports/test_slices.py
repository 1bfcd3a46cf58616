"""Slices cover the window, each as full as it may be."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from graph.audit.exports.slices import COUNTED_AT_ONCE, cut, windows
from graph.audit.statements import Slice

BEGIN = datetime(2024, 2, 28, 10, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hour(number: int) -> datetime:
    return BEGIN.replace(minute=0) + number * HOUR


def test_cut() -> None:
    window = Slice(BEGIN, hour(9))
    rows = [(hour(0), 3), (hour(1), 4), (hour(2), 3), (hour(5), 11), (hour(7), 1)]
    assert cut(window, rows, 10) == [Slice(BEGIN, hour(5)), Slice(hour(5), hour(7)), Slice(hour(7), hour(9))]
    assert cut(window, rows, 9) == [
        Slice(BEGIN, hour(2)),
        Slice(hour(2), hour(5)),
        Slice(hour(5), hour(7)),
        Slice(hour(7), hour(9)),
    ]
    assert cut(window, rows, 100) == [window]
    assert cut(window, [], 1) == [window]


@given(st.dictionaries(st.integers(0, 100), st.integers(1, 50), max_size=40), st.integers(1, 60))
def test_no_row_is_left_out_and_no_file_too_long(counts: dict[int, int], most: int) -> None:
    window = Slice(BEGIN, hour(102))
    rows = [(hour(number), count) for number, count in sorted(counts.items())]
    slices = cut(window, rows, most)
    assert (slices[0].from_, slices[-1].to) == window
    assert all(before.to == after.from_ for before, after in pairwise(slices))
    for part in slices:
        held = [count for at, count in rows if max(at, BEGIN) >= part.from_ and at < part.to]
        assert sum(held) <= most or len(held) == 1
        assert held or len(slices) == 1


@given(st.timedeltas(timedelta(microseconds=1), timedelta(days=1900)))
def test_windows(length: timedelta) -> None:
    found = list(windows(BEGIN, BEGIN + length))
    assert (found[0].from_, found[-1].to) == (BEGIN, BEGIN + length)
    assert all(before.to == after.from_ for before, after in pairwise(found))
    assert all(timedelta() < part.to - part.from_ <= COUNTED_AT_ONCE for part in found)
