from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InvalidWindowError
from graph.reports.windows import DAY_HOURS, Window, parse_window

NOW = datetime(2026, 11, 21, 10, 20, 30, 405060, tzinfo=UTC)
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))


def window(from_: str | None, to: str | None, now: datetime = NOW) -> tuple[str, str]:
    found = parse_window(from_, to, now)
    return found.from_.isoformat(), found.to.isoformat()


@pytest.mark.parametrize(
    ("from_", "to", "expected"),
    [
        (None, None, ("2026-11-21T00", "2026-11-21T11")),
        ("2026-11-20T23:59:59Z", None, ("2026-11-20T23", "2026-11-21T11")),
        (None, "2026-11-21T08:00:00Z", ("2026-11-21T00", "2026-11-21T08")),
        ("2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z", ("2026-11-01T10", "2026-11-01T11")),
        ("2026-11-01T10:00:00Z", "2026-11-01T11:00:00.000001Z", ("2026-11-01T10", "2026-11-01T12")),
        ("2026-11-01T10:59:59.999999999Z", "2026-11-01T11:00:00Z", ("2026-11-01T10", "2026-11-01T11")),
        ("2026-11-01T10:30:00Z", "2026-11-01T10:31:00Z", ("2026-11-01T10", "2026-11-01T11")),
        ("2026-11-01T04:30:00+04:30", "2026-11-01t05:30:00+04:30", ("2026-11-01T00", "2026-11-01T01")),
        ("2026-11-01T00:00:00-00:00", "2026-11-01T01:00:00z", ("2026-11-01T00", "2026-11-01T01")),
        ("2026-08-01T00:00:01Z", "2026-10-30T00:00:01Z", ("2026-08-01T00", "2026-10-30T01")),  # 90 days before snapping
        ("0001-01-01T00:00:00Z", "0001-01-01T01:00:00Z", ("0001-01-01T00", "0001-01-01T01")),
        ("9999-11-30T22:00:00Z", "9999-12-01T00:00:00Z", ("9999-11-30T22", "9999-12-01T00")),
    ],
)
def test_windows_are_snapped_outward(from_: str | None, to: str | None, expected: tuple[str, str]) -> None:
    assert window(from_, to) == tuple(f"{each}:00:00+00:00" for each in expected)


def test_at_midnight_today_has_its_first_hour() -> None:
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    assert window(None, None, midnight) == ("2026-11-21T00:00:00+00:00", "2026-11-21T01:00:00+00:00")


HOUR = "2026-11-01T10:00:00Z"


@pytest.mark.parametrize(
    ("from_", "to", "sentence"),
    [
        (HOUR, HOUR, "must be later"),
        ("2026-11-01T10:30:00Z", HOUR, "must be later"),
        (None, HOUR, "must be later"),
        ("2026-11-22T00:00:00Z", None, "must be later"),
        ("2026-08-01T00:00:00Z", "2026-10-30T00:00:00.000001Z", "at most 90 days"),
        ("2026-11-01", None, "from must be an RFC 3339 time"),
        ("2026-11-01T10:00:00", None, "from must be an RFC 3339 time"),
        ("2026-11-01 10:00:00Z", None, "from must be an RFC 3339 time"),
        ("2026-11-01T10:00Z", None, "from must be an RFC 3339 time"),
        ("20261101T100000Z", None, "from must be an RFC 3339 time"),
        ("2026-W44-7T10:00:00Z", None, "from must be an RFC 3339 time"),
        ("2026-11-01T24:00:00Z", None, "from must be an RFC 3339 time"),
        ("2026-11-01T10:00:60Z", None, "from must be an RFC 3339 time"),
        ("2026-11-01T10:00:00+24:00", None, "from must be an RFC 3339 time"),
        ("२०२६-11-01T10:00:00Z", None, "from must be an RFC 3339 time"),
        ("2026-11-01T10:00:00Z\n", None, "from must be an RFC 3339 time"),
        ("", None, "from must be an RFC 3339 time"),
        ("now", "x", "from must be an RFC 3339 time"),
        (HOUR, "x", "to must be an RFC 3339 time"),
        ("2026-11-01T10:00:00 04:30", None, "from must be an RFC 3339 time"),
        ("2026-13-01T10:00:00Z", None, "not a time that exists"),
        ("2026-02-29T10:00:00Z", None, "not a time that exists"),
        ("0000-01-01T00:00:00Z", None, "not a time that exists"),
        ("0001-01-01T00:00:00+01:00", None, "not a time that exists"),
        ("9999-12-31T23:30:00-01:00", None, "not a time that exists"),
        ("2026-01-01T00:00:00Z", "2027-11-28T01:00:00.1Z", "is 696 days 1 h 1 min long; at most 90 days are answered."),
        ("9999-11-30T22:00:00Z", "9999-12-01T00:00:00.000001Z", "to must not be later than 9999-12-01"),
        ("9999-12-31T22:00:00Z", "9999-12-31T23:00:00Z", "to must not be later than 9999-12-01"),
    ],
)
def test_an_invalid_window_is_one_sentence(from_: str | None, to: str | None, sentence: str) -> None:
    with pytest.raises(InvalidWindowError) as raised:
        window(from_, to)
    assert sentence in str(raised.value)
    assert str(raised.value).endswith(".")


@given(TIMES, st.timedeltas(timedelta(microseconds=1), timedelta(days=90)))
def test_a_window_exceeds_the_request_by_less_than_two_hours(start: datetime, length: timedelta) -> None:
    end = start + length
    found = parse_window(start.isoformat(), end.isoformat(), NOW)
    assert found.from_ <= start < found.from_ + timedelta(hours=1)
    assert found.to - timedelta(hours=1) < end <= found.to


@given(st.integers(0, 10**6), st.integers(1, 2162))
def test_slices_divide_the_window_at_midnight(first: int, length: int) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    window = Window(epoch + timedelta(hours=first), epoch + timedelta(hours=first + length))
    hours = [day * DAY_HOURS + hour for day, start, end in window.slices for hour in range(start, end)]
    assert hours == list(range(first, first + length))
    assert len({each.day for each in window.slices}) == len(window.slices)
    assert [each.first_hour for each in window.hours] == hours
    assert all(each.end_hour == each.first_hour + 1 for each in window.hours)


@given(st.integers(0, 10**6), st.integers(1, 200))
def test_all_but_the_first_and_the_last_day_are_whole(first: int, length: int) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    slices = Window(epoch + timedelta(hours=first), epoch + timedelta(hours=first + length)).slices
    assert all(each.is_whole_day for each in slices[1:-1])
