import struct
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.identity import Subject
from graph.reports import cache
from graph.reports.cache import AnswerCache, PieceCache
from graph.reports.marks import Seen
from graph.reports.pieces import CountedDay
from graph.reports.sources import COUNTS, Want
from graph.reports.windows import DAY_HOURS, Slice, Window

DAY = datetime(2026, 10, 1, tzinfo=UTC)
NUMBER = (DAY - datetime(1970, 1, 1, tzinfo=UTC)).days
WHOLE = Slice(NUMBER, 0, DAY_HOURS)
PIECE = CountedDay(NUMBER)
EMPTY = Seen(None, b"", b"", b"")


@pytest.fixture(autouse=True)
def room_for_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "PIECES_CAPACITY", 10 * COUNTS.size(PIECE))
    monkeypatch.setattr(cache, "ANSWERS_CAPACITY", 10)


def want(account: int) -> Want[CountedDay]:
    return Want(COUNTS, Subject("ACCOUNT", str(account)), Window(DAY, DAY + timedelta(days=1)).slices)


def seen(**marks: int) -> Seen:
    """A snapshot in which the days `d<number>` have these versions."""
    days = [int(name[1:]) for name in marks]
    return Seen(None, sent("i", days), sent("q", list(marks.values())), sent("q", [7] * len(days)))


def sent(code: str, numbers: list[int]) -> bytes:
    """As array_send writes them."""
    return bytes(20) + b"".join(struct.pack(f">i{code}", struct.calcsize(f">{code}"), number) for number in numbers)


def test_a_piece_is_recalled_by_the_mark_it_was_read_at() -> None:
    held = PieceCache()
    assert not held.has(want(1))
    held.keep(COUNTS, want(1).subject, WHOLE, seen(d20727=3), PIECE)
    assert held.has(want(1))
    assert held.recall(want(1), seen(d20727=3)) == [PIECE]
    assert held.recall(want(2), seen(d20727=3)) == [None]
    assert held.recall(want(1), seen(d20728=3)) == held.recall(want(1), seen()) == [None]
    assert held.recall(want(1), seen(d20727=3, d20728=9)) == [PIECE]
    assert held.recall(want(1), seen(d20727=4)) == [None]


def test_nothing_is_kept_of_a_day_without_a_mark() -> None:
    held = PieceCache()
    held.keep(COUNTS, want(1).subject, WHOLE, seen(d20728=3), PIECE)
    assert not held.has(want(1))


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(1, 3), st.integers(0, 2)), max_size=60))
def test_there_is_never_more_than_there_is_room_for(kept: list[tuple[int, int, int]]) -> None:
    held = PieceCache()
    for account, version, first in kept:
        held.keep(COUNTS, want(account).subject, Slice(NUMBER, first, DAY_HOURS), seen(d20727=version), PIECE)
        pieces = sum(len(shelf.kept) for shelf in held._shelves.values())
        assert held._size == pieces * COUNTS.size(PIECE)
        assert pieces <= 10
        assert held.has(want(account))


def test_what_was_not_asked_for_longest_goes_first() -> None:
    held, now = PieceCache(), seen(d20727=1)
    for account in range(10):
        held.keep(COUNTS, want(account).subject, WHOLE, now, PIECE)
    held.recall(want(0), now)
    held.keep(COUNTS, want(10).subject, WHOLE, now, PIECE)
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
