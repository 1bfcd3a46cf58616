from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.identity import Subject
from graph.reports import cache
from graph.reports.cache import AnswerCache, PieceCache
from graph.reports.marks import Seen
from graph.reports.pieces import make_sum
from graph.reports.sources import SUMS, Want
from graph.reports.windows import DAY_HOURS, Slice, Window

DAY = datetime(2026, 10, 1, tzinfo=UTC)
NUMBER = (DAY - datetime(1970, 1, 1, tzinfo=UTC)).days
WHOLE = Slice(NUMBER, 0, DAY_HOURS)
PIECE = make_sum(NUMBER)
EMPTY = Seen(None, b"", b"", b"")


@pytest.fixture(autouse=True)
def room_for_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "PIECES_CAPACITY", 10 * SUMS.size(PIECE))
    monkeypatch.setattr(cache, "ANSWERS_CAPACITY", 10)


def want(account: int) -> Want[object]:
    return Want(SUMS, Subject("ACCOUNT", str(account)), Window(DAY, DAY + timedelta(days=1)))  # type: ignore[arg-type]  # any piece will do


def test_a_piece_is_recalled_by_the_mark_it_was_read_at() -> None:
    held = PieceCache()
    assert not held.has(want(1))
    held.keep(SUMS, want(1).subject, WHOLE, (3, 7), PIECE)
    assert held.has(want(1))
    assert held.recall(want(1), {NUMBER: (3, 7)}) == [PIECE]
    for marks in ({}, {NUMBER: (4, 7)}, {NUMBER: (3, 8)}, {NUMBER + 1: (3, 7)}):
        assert held.recall(want(1), marks) == [None]
    assert held.recall(want(2), {NUMBER: (3, 7)}) == [None]


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(1, 3), st.integers(0, 2)), max_size=60))
def test_there_is_never_more_than_there_is_room_for(kept: list[tuple[int, int, int]]) -> None:
    held = PieceCache()
    for account, version, first in kept:
        held.keep(SUMS, want(account).subject, Slice(NUMBER, first, DAY_HOURS), (version, 0), PIECE)
        pieces = sum(len(each.pieces) for days in held._subjects.values() for each in days.values())
        assert held._size == pieces * SUMS.size(PIECE)
        assert pieces <= 10
        assert held.has(want(account))


def test_what_was_not_asked_for_longest_goes_first() -> None:
    held = PieceCache()
    for account in range(10):
        held.keep(SUMS, want(account).subject, WHOLE, (1, 0), PIECE)
    held.recall(want(0), {})
    held.keep(SUMS, want(10).subject, WHOLE, (1, 0), PIECE)
    assert [account for account in range(11) if not held.has(want(account))] == [1]


def test_an_answer_is_recalled_as_long_as_nothing_looks_different() -> None:
    answers = AnswerCache()
    answers.keep("a", EMPTY, "answer", 1)
    assert answers.recall("a", Seen(None, b"", b"", b"")) == "answer"
    for seen in (
        Seen(DAY, b"", b"", b""),
        Seen(None, b"1", b"", b""),
        Seen(None, b"", b"1", b""),
        Seen(None, b"", b"", b"1"),
    ):
        assert answers.recall("a", seen) is None
    assert answers.recall("b", EMPTY) is None


def test_answers_are_forgotten_by_their_points() -> None:
    answers = AnswerCache()
    for key, points in (("a", 4), ("b", 4), ("a", 5), ("c", 1), ("d", 1)):
        answers.keep(key, EMPTY, key, points)
    assert [answers.recall(key, EMPTY) for key in "abcd"] == ["a", None, "c", "d"]
    answers.keep("huge", EMPTY, "huge", cache.LARGEST_ANSWER + 1)
    assert answers.recall("huge", EMPTY) is None
    assert answers.recall("a", EMPTY) == "a"
