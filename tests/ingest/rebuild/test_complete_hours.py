from datetime import UTC, datetime, timedelta

import pytest

from infra.errors import UsageError
from infra.frames import Frame
from ingest.rebuild.complete_hours import ReadPosition, first_complete_hour, hour_from

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
MADE = datetime(2026, 10, 1, 10, 20, tzinfo=UTC)
GAP = datetime(2026, 11, 16, 3, 0, 1, tzinfo=UTC)
WHOLE = datetime(2026, 11, 17, 4, tzinfo=UTC)
REACH = datetime(2026, 8, 25, tzinfo=UTC)


def message(number: int) -> Frame:
    """A message with this sequence, stored as many seconds after 1970."""
    return Frame(b"", b"$JS.ACK.S.C.1.%d.1.%d000000000.0" % (number, number), b"", b"")


def test_hours_begin_on_time() -> None:
    assert hour_from(WHOLE) == WHOLE
    assert hour_from(WHOLE + timedelta(microseconds=1)) == WHOLE + timedelta(hours=1)


@pytest.mark.parametrize(
    ("numbers", "position", "gap"),
    [
        ([1, 2, 3], 3, None),
        ([1, 2, 2, 1, 3], 3, None),
        ([4, 5], 5, 4),
        ([1, 3, 4, 9, 10], 10, 9),
        ([], 0, None),
    ],
)
def test_a_reading_knows_its_last_gap(numbers: list[int], position: int, gap: int | None) -> None:
    reading = ReadPosition()
    fresh = [one for number in numbers for one in reading.note([message(number)])]
    assert len(fresh) == len(set(numbers))
    assert reading.position == position
    assert reading.gap_at == (None if gap is None else datetime.fromtimestamp(gap, UTC))


def test_what_is_missing_at_the_end_is_a_gap_too() -> None:
    reading = ReadPosition()
    list(reading.note([message(1)]))
    reading.missing_until(7, NOW)
    assert (reading.position, reading.gap_at) == (7, NOW)
    assert list(reading.note([message(7)])) == []


@pytest.mark.parametrize(
    ("gap_at", "since", "start"),
    [
        (GAP, None, WHOLE),
        (GAP, WHOLE, WHOLE),
        (GAP, WHOLE + timedelta(days=1, minutes=1), WHOLE + timedelta(days=1, hours=1)),
        (None, None, MADE.replace(minute=0)),
        (None, MADE - timedelta(days=9), hour_from(MADE - timedelta(days=9))),
        (None, REACH, REACH),
        (REACH - timedelta(days=300), None, REACH),
    ],
)
def test_first_hour(gap_at: datetime | None, since: datetime | None, start: datetime) -> None:
    assert first_complete_hour("S", gap_at, MADE, since, NOW) == start


@pytest.mark.parametrize(
    ("gap_at", "since", "message"),
    [
        (GAP, WHOLE - timedelta(hours=1), "is too early for --rebuild"),
        (None, REACH - timedelta(hours=1), "is too early for --rebuild"),
        (NOW - timedelta(hours=23), None, "There is nothing to rebuild before 2026-11-22T14:00:00Z"),
        (GAP, NOW + timedelta(hours=1), "There is nothing to rebuild before 2026-11-22T14:00:00Z"),
    ],
)
def test_hours_that_cannot_be_rebuilt(gap_at: datetime | None, since: datetime | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        first_complete_hour("S", gap_at, MADE, since, NOW)
