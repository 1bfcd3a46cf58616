"""Labels that do not overlap."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.web.charts.labels import Box, place, shortened, spread, text_width, wrapped


@given(wanted=st.lists(st.floats(0, 200), max_size=12))
def test_spread_keeps_the_gap_the_range_and_the_order(wanted: list[float]) -> None:
    found = spread(wanted, 14.0, 0.0, 200.0)
    assert all(-1e-6 <= each <= 200 + 1e-6 for each in found)
    assert all(after - before >= 14 - 1e-6 for before, after in pairwise(sorted(found)))
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    assert [found[index] for index in order] == sorted(found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ([], []),
        ([50.0], [50.0]),
        ([10.0, 90.0], [10.0, 90.0]),
        ([50.0, 50.0], [45.0, 55.0]),
        ([50.0, 50.0, 50.0], [40.0, 50.0, 60.0]),
        ([55.0, 50.0], [57.5, 47.5]),
        ([0.0, 0.0], [0.0, 10.0]),
        ([100.0, 100.0], [90.0, 100.0]),
    ],
)
def test_spread_moves_as_little_as_possible(wanted: list[float], found: list[float]) -> None:
    assert spread(wanted, 10.0, 0.0, 100.0) == found


def test_too_many_labels_share_the_range() -> None:
    assert spread([5.0] * 5, 10.0, 0.0, 20.0) == [0.0, 5.0, 10.0, 15.0, 20.0]


@given(text=st.text(max_size=80), width=st.floats(20, 200))
def test_a_shortened_text_fits_and_is_a_beginning(text: str, width: float) -> None:
    found = shortened(text, 12.0, width)
    assert text_width(found, 12.0) <= width
    assert found == text or text.startswith(found.removesuffix("\u2026"))


@given(words=st.lists(st.text("abc", min_size=1, max_size=8), max_size=20))
def test_wrapped_lines_fit_and_keep_all_words(words: list[str]) -> None:
    lines = wrapped(" ".join(words), 12.0, 100.0)
    assert " ".join(lines) == " ".join(words)
    assert all(text_width(each, 12.0) <= 100 for each in lines)


def test_wide_characters_are_wide() -> None:
    assert text_width("\u4e2d", 12.0) == text_width("W", 12.0) > text_width("A", 12.0) > text_width("i", 12.0)


def test_place_takes_the_first_free_candidate_else_the_least_covered() -> None:
    bounds, taken = Box(0, 0, 100, 100), [Box(0, 0, 20, 20)]
    outside, covered, partly, free = Box(90, 0, 110, 10), Box(0, 0, 10, 10), Box(15, 15, 25, 25), Box(50, 50, 60, 60)
    assert place([outside, covered, partly, free], taken, bounds) == free
    assert place([covered, partly], taken, bounds) == partly
    assert place([outside], taken, bounds) is None
