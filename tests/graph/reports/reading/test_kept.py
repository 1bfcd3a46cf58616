"""A value is recalled by the mark that it was made at, and there is never more than there is room for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.reports.reading import kept
from graph.reports.reading.kept import Kept
from graph.reports.windows import DAY_HOURS, Slice

NUMBER = 20727
WHOLE = Slice(NUMBER, 0, DAY_HOURS)
VALUE = "what was made of the day"
BYTES = 1000
MARK = (3, 7)


@pytest.fixture(autouse=True)
def room_for_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "CAPACITY", 10 * BYTES)


def key(operator: int) -> tuple[str, int]:
    return "operator", operator


def test_a_value_is_recalled_by_the_mark_that_it_was_made_at() -> None:
    held = Kept[str]()
    assert held.recall(key(1), [WHOLE], {NUMBER: MARK}) == [None]
    held.keep(key(1), WHOLE, MARK, VALUE, BYTES)
    assert held.recall(key(1), [WHOLE], {NUMBER: MARK}) == [VALUE]
    assert held.recall(key(1), [WHOLE], {NUMBER: (4, 7)}) == [None]
    assert held.recall(key(1), [WHOLE], {NUMBER: (3, 8)}) == [None]
    assert held.recall(key(1), [WHOLE], {}) == [None]
    assert held.recall(key(1), [Slice(NUMBER, 0, 5)], {NUMBER: MARK}) == [None]
    assert held.recall(key(2), [WHOLE], {NUMBER: MARK}) == [None]


def test_nothing_is_kept_of_a_day_without_a_mark() -> None:
    held = Kept[str]()
    held.keep(key(1), WHOLE, None, VALUE, BYTES)
    assert held.recall(key(1), [WHOLE], {}) == [None]
    assert held.size == 0


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(1, 3), st.integers(0, 2)), max_size=60))
def test_there_is_never_more_than_there_is_room_for(asked: list[tuple[int, int, int]]) -> None:
    held = Kept[str]()
    for operator, version, first in asked:
        held.keep(key(operator), Slice(NUMBER, first, DAY_HOURS), (version, 7), VALUE, BYTES)
        parts = sum(len(each) for each in held._keys.values())
        assert held.size == parts * BYTES
        assert parts <= 10


def test_what_was_not_asked_for_longest_goes_first() -> None:
    held = Kept[str]()
    for operator in range(10):
        held.keep(key(operator), WHOLE, MARK, VALUE, BYTES)
    held.recall(key(0), [WHOLE], {NUMBER: MARK})
    held.keep(key(10), WHOLE, MARK, VALUE, BYTES)
    gone = [each for each in range(11) if held.recall(key(each), [WHOLE], {NUMBER: MARK}) == [None]]
    assert gone == [1]
