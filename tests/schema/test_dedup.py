from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.dedup import CLOCKS, GRACE, LedgerDay, forgettable, longest, memory, outlives, remembered_since

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WEEK, NINE = timedelta(days=7), timedelta(days=9)
DAY = date(2026, 11, 1)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.mark.parametrize(
    ("day", "goes"),
    [
        (LedgerDay(DAY, ago(10.1), True), True),
        (LedgerDay(DAY, ago(9.9), True), False),  # within the grace
        (LedgerDay(DAY, ago(10.1), False), False),  # gone already
        (LedgerDay(date(2016, 1, 1), ago(1), True), False),  # a late event of yesterday
        (LedgerDay(date(2016, 1, 1), None, True), True),  # made, and never claimed in
        (LedgerDay(date(2026, 11, 12), None, True), False),
        (LedgerDay(date(2026, 11, 30), None, True), False),  # made ahead
    ],
)
def test_forgettable(day: LedgerDay, goes: bool) -> None:
    assert forgettable([day], NOW, NINE) == [day.day] * goes
    assert forgettable([day], NOW, None) == []


def test_everything_is_remembered_as_long_as_nothing_was_or_may_be_dropped() -> None:
    assert remembered_since([], NOW, NINE) is None
    assert remembered_since([LedgerDay(DAY, ago(8), True), LedgerDay(DAY, None, True)], NOW, NINE) is None
    assert remembered_since([LedgerDay(DAY, ago(400), True)], NOW, None) is None


def test_what_was_dropped_is_not_remembered_whatever_the_memory_is_now() -> None:
    ledger = [LedgerDay(DAY, ago(3), False), LedgerDay(DAY, ago(5), False), LedgerDay(DAY, ago(1), True)]
    assert remembered_since(ledger, NOW, None) == ago(3) + CLOCKS
    assert remembered_since(ledger, NOW, NINE) == ago(3) + CLOCKS
    made_again = LedgerDay(DAY, ago(0), True, forgotten_claim_at=ago(2))
    assert remembered_since([*ledger, made_again], NOW, NINE) == ago(2) + CLOCKS


TIMES = st.none() | st.floats(0, 30).map(ago)
LEDGERS = st.lists(st.builds(LedgerDay, st.just(DAY), TIMES, st.booleans(), TIMES), max_size=8)


@given(LEDGERS, st.floats(0, 1))
def test_a_replay_that_takes_less_than_the_grace_meets_no_forgotten_claim(
    ledger: list[LedgerDay], lasts: float
) -> None:
    """No partition dropped before or during the replay has a claim of an event that was stored since."""
    since = remembered_since(ledger, NOW, NINE)
    dropped = [day for day in ledger if not day.kept]
    dropped += [day for day in ledger if forgettable([day], NOW + lasts * GRACE, NINE)]
    for day in dropped:
        assert day.newest_claim_at is None or (since is not None and day.newest_claim_at < since)


@pytest.mark.parametrize(
    ("days", "retention", "lasts"),
    [(9, WEEK, True), (7, WEEK, True), (6, WEEK, False), (0, WEEK, True), (0, None, True), (9999, None, False)],
)
def test_outlives(days: int, retention: timedelta | None, lasts: bool) -> None:
    assert outlives(memory(days), retention) is lasts


def test_longest() -> None:
    assert longest([memory(9), WEEK]) == NINE
    assert longest([memory(6), WEEK, NINE]) == NINE
    assert longest([memory(0), WEEK]) is None
    assert longest([memory(9999), None]) is None
