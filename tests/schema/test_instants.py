from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from schema.instants import DAY, HOUR, instant, time_of

TIMES = st.datetimes(timezones=st.just(UTC))


@given(TIMES)
def test_there_and_back(time: datetime) -> None:
    assert time_of(instant(time)) == time


@given(TIMES, TIMES)
def test_order_is_kept(one: datetime, other: datetime) -> None:
    assert (one < other) == (instant(one) < instant(other))


@given(TIMES)
def test_hours_and_days_are_those_of_utc(time: datetime) -> None:
    """This holds before 1970, too: a remainder is never negative."""
    at = instant(time)
    assert time_of(at - at % HOUR) == time.replace(minute=0, second=0, microsecond=0)
    assert time_of(at - at % DAY) == time.replace(hour=0, minute=0, second=0, microsecond=0)


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)),
    st.integers(-1439, 1439),
)
def test_an_offset_does_not_change_the_instant(time: datetime, minutes: int) -> None:
    assert instant(time.astimezone(timezone(timedelta(minutes=minutes)))) == instant(time)
