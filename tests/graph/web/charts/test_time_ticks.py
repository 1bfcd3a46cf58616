"""Ticks of time, compared with a reference that looks at every quarter of an hour."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.web.charts import Bucket
from graph.web.charts.time_ticks import time_ticks

ZONES = ("UTC", "Asia/Kabul", "Europe/Berlin", "America/Vancouver", "Asia/Beirut", "Australia/Lord_Howe")
QUARTER = timedelta(minutes=15)


def quarters(start: datetime, end: datetime, zone: ZoneInfo, wanted: Callable[[datetime], bool]) -> list[datetime]:
    """The quarters of an hour whose local time is wanted."""
    count = (end - start) // QUARTER + 1
    times = (start + number * QUARTER for number in range(count))
    return [each for each in times if wanted(each.astimezone(zone))]


def is_day_start(local: datetime) -> bool:
    before = (local.astimezone(UTC) - QUARTER).astimezone(local.tzinfo)
    return before.date() != local.date()


@settings(max_examples=40)
@given(zone=st.sampled_from(ZONES), start=st.integers(0, 366 * 2), days=st.integers(1, 9))
def test_day_ticks_are_the_days_of_the_zone(zone: str, start: int, days: int) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=start)
    end = first + timedelta(days=days)
    ticks = time_ticks(first, end, Bucket.DAY, ZoneInfo(zone), limit=10)
    assert [each.time for each in ticks] == quarters(first, end, ZoneInfo(zone), is_day_start)


@settings(max_examples=40)
@given(zone=st.sampled_from(ZONES), start=st.integers(0, 366 * 2))
def test_hour_ticks_are_hours_of_the_zones_clock(zone: str, start: int) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=start)
    end = first + timedelta(hours=30)
    ticks = time_ticks(first, end, Bucket.HOUR, ZoneInfo(zone), limit=10)
    expected = quarters(
        first, end, ZoneInfo(zone), lambda local: local.hour % 3 == 0 and not local.minute and not local.fold
    )
    assert [each.time for each in ticks] == expected


@pytest.mark.parametrize(
    ("zone", "bucket", "start", "end", "texts"),
    [
        ("Asia/Kabul", Bucket.HOUR, "2026-11-22T18:30Z", "2026-11-23T06:30Z", "23 Nov|03:00|06:00|09:00"),
        (
            "Europe/Berlin",
            Bucket.HOUR,
            "2026-10-24T22:00Z",
            "2026-10-25T03:00Z",
            "25 Oct|01:00|02:00 (UTC+02:00)|03:00|04:00",
        ),
        ("Europe/Berlin", Bucket.HOUR, "2026-03-28T23:00Z", "2026-03-29T03:00Z", "29 Mar|01:00|03:00|04:00|05:00"),
        ("America/Vancouver", Bucket.DAY, "2025-11-01T07:00Z", "2025-11-03T08:00Z", "1 Nov|2 Nov|3 Nov"),
        ("UTC", Bucket.DAY, "2026-12-31T00:00Z", "2027-01-02T00:00Z", "31 Dec|1 Jan 2027|2 Jan"),
        ("UTC", Bucket.DAY, "2026-11-01T00:00Z", "2026-11-28T00:00Z", "2 Nov|9 Nov|16 Nov|23 Nov"),
        ("UTC", Bucket.MONTH, "2026-11-01T00:00Z", "2027-02-01T00:00Z", "Nov|Dec|2027|Feb"),
        ("UTC", Bucket.DAY, "2020-01-01T00:00Z", "2026-01-01T00:00Z", "2020|2021|2022|2023|2024|2025|2026"),
        ("UTC", Bucket.DAY, "2026-11-24T06:00Z", "2026-11-24T06:00Z", "24 Nov"),
        ("UTC", Bucket.FIVE_MINUTES, "2026-11-24T06:00Z", "2026-11-24T06:40Z", "06:00|06:15|06:30"),
    ],
)
def test_texts(zone: str, bucket: Bucket, start: str, end: str, texts: str) -> None:
    first, last = (datetime.fromisoformat(each) for each in (start, end))
    assert "|".join(each.text for each in time_ticks(first, last, bucket, ZoneInfo(zone), limit=7)) == texts


@given(days=st.integers(0, 200_000), limit=st.integers(1, 12), bucket=st.sampled_from(Bucket))
@settings(max_examples=40)
def test_there_is_at_least_one_tick_and_not_many_more_than_the_limit(days: int, limit: int, bucket: Bucket) -> None:
    start = datetime(1800, 3, 5, tzinfo=UTC)
    ticks = time_ticks(start, start + timedelta(days=days), bucket, ZoneInfo("UTC"), limit)
    assert 1 <= len(ticks) <= limit + 2


def test_a_week_with_a_single_monday_has_more_ticks_than_that() -> None:
    first, last = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 29, tzinfo=UTC)
    ticks = time_ticks(first, last, Bucket.DAY, ZoneInfo("UTC"), limit=3)
    assert [each.text for each in ticks] == ["22 Nov", "24 Nov", "26 Nov", "28 Nov"]
