"""The window to compare with, and the shift between the buckets of both windows."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from struct import unpack
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.dsl.calendar import (
    SHORTEST_OFFSET,
    Shift,
    Window,
    offsets,
    previous_period,
    same_elapsed,
    shift,
)
from graph.reports.windows import day_begins
from infra.zones import TIMEZONES

BERLIN = ZoneInfo("Europe/Berlin")
KABUL = ZoneInfo("Asia/Kabul")


def window(zone: ZoneInfo, from_: str, to: str) -> Window:
    """The window between two local times of the zone."""
    start, end = (datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) for text in (from_, to))
    return Window(start, end)


@pytest.mark.parametrize(
    ("zone", "now", "before"),
    [
        pytest.param(BERLIN, ("2026-10-01", "2026-11-01"), ("2026-09-01", "2026-10-01"), id="a month, as a month"),
        pytest.param(BERLIN, ("2026-03-01", "2026-06-01"), ("2025-12-01", "2026-03-01"), id="three months"),
        pytest.param(KABUL, ("2026-01-01", "2027-01-01"), ("2025-01-01", "2026-01-01"), id="a year of months"),
        pytest.param(BERLIN, ("2026-03-29", "2026-03-30"), ("2026-03-28", "2026-03-29"), id="the day of 23 hours"),
        pytest.param(BERLIN, ("2026-03-30", "2026-04-02"), ("2026-03-27", "2026-03-30"), id="days, one of 23 hours"),
        pytest.param(KABUL, ("2026-02-15", "2026-03-15"), ("2026-01-18", "2026-02-15"), id="days across months"),
        pytest.param(
            BERLIN,
            ("2026-03-29T00:00", "2026-03-29T06:00"),
            ("2026-03-28T19:00", "2026-03-29T00:00"),
            id="not whole days: five hours passed",
        ),
    ],
)
def test_previous_period(zone: ZoneInfo, now: tuple[str, str], before: tuple[str, str]) -> None:
    assert previous_period(window(zone, *now), zone) == window(zone, *before)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        pytest.param(("2026-11-01", "2026-11-22T10:15"), ("2026-10-01", "2026-10-22T10:15"), id="month to date"),
        pytest.param(
            ("2026-03-01", "2026-03-31T12:00"), ("2026-02-01", "2026-03-01"), id="the month before was shorter"
        ),
        pytest.param(("2026-10-01", "2026-11-01"), ("2026-09-01", "2026-10-01"), id="a whole month"),
        pytest.param(("2026-10-07", "2026-10-07T15:00"), ("2026-10-06", "2026-10-06T15:00"), id="today"),
        pytest.param(("2026-03-29", "2026-03-29T12:00"), ("2026-03-28", "2026-03-28T12:00"), id="by the clock"),
        pytest.param(("2026-10-05", "2026-10-07T15:00"), ("2026-09-28", "2026-09-30T15:00"), id="week to date"),
        pytest.param(("2026-06-01", "2026-06-03"), ("2026-05-01", "2026-05-03"), id="a month before a week"),
        pytest.param(("2026-01-01", "2026-03-01"), ("2025-01-01", "2025-03-01"), id="year to date"),
    ],
)
def test_same_elapsed(now: tuple[str, str], before: tuple[str, str]) -> None:
    assert same_elapsed(window(BERLIN, *now), BERLIN) == window(BERLIN, *before)


def test_a_part_of_a_day_that_ends_at_a_repeated_midnight() -> None:
    havana, hour = ZoneInfo("America/Havana"), timedelta(hours=1)
    today, yesterday = (
        window(havana, "2026-11-01", "2026-11-02").from_,
        window(havana, "2026-10-31", "2026-11-01").from_,
    )
    assert (today + hour).astimezone(havana).time() == today.astimezone(havana).time()
    assert same_elapsed(Window(today, today + hour), havana) == Window(yesterday, yesterday + hour)


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(("2026-10-07T01:00", "2026-10-07T02:00"), id="begins nothing"),
        pytest.param(("2026-10-07", "2026-10-09"), id="two days of a week"),
        pytest.param(("2026-10-01", "2026-11-02"), id="longer than its month"),
    ],
)
def test_a_window_that_begins_no_period_has_none_before(now: tuple[str, str]) -> None:
    assert same_elapsed(window(BERLIN, *now), BERLIN) is None


def test_shifts() -> None:
    october, september = window(BERLIN, "2026-10-01", "2026-11-01"), window(BERLIN, "2026-09-01", "2026-10-01")
    assert shift("none", september, october, BERLIN) is None
    assert shift("month", september, october, BERLIN) == Shift("months", 1)
    assert shift("week", september, october, BERLIN) == Shift("days", 28)
    assert shift("day", september, october, BERLIN) == Shift("days", 30)
    assert shift("hour", september, october, BERLIN) == Shift("seconds", 30 * 86_400)
    march, february = window(BERLIN, "2026-03-30T12:00", "2026-03-31"), window(BERLIN, "2026-03-28T12:00", "2026-03-29")
    assert shift("hour", february, march, BERLIN) == Shift("seconds", 47 * 3600)
    odd = Window(march.from_ + timedelta(seconds=59), march.to)
    assert shift("minute", february, odd, BERLIN) == Shift("seconds", 47 * 3600)


def changes(zone: str) -> list[int]:
    """The times at which the zone's offset changes, in seconds since 1970, from the locked database (RFC 8536)."""
    data = files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    *_, times, types, pseudonyms = unpack(">20x6l", data[:44])
    start = 44 + times * 5 + types * 6 + pseudonyms  # after the block of 32-bit times
    *_, times, types, pseudonyms = unpack(">20x6l", data[start : start + 44])
    start += 44
    kinds = data[start + 8 * times : start + 9 * times]
    infos = [unpack(">lBB", data[at : at + 6])[0] for at in range(start + 9 * times, start + 9 * times + 6 * types, 6)]
    at = zip(unpack(f">{times}q", data[start : start + 8 * times]), (infos[kind] for kind in kinds), strict=True)
    return [time for (time, offset), (_, before) in pairwise([(-(1 << 62), infos[0]), *at]) if offset != before]


def test_every_offset_lasts_longer_than_a_step() -> None:
    """A shorter one could fall between two steps of `offsets`."""
    changes_by_zone = {zone: changes(zone) for zone in TIMEZONES}
    assert sum(map(len, changes_by_zone.values())) > 20_000
    shortest = min(later - time for times in changes_by_zone.values() for time, later in pairwise(times))
    assert SHORTEST_OFFSET.total_seconds() <= shortest < SHORTEST_OFFSET.total_seconds() + 86_400


def test_a_day_whose_midnight_is_skipped_begins_with_the_change() -> None:
    """Covers all zones since 2000. The database lists changes up to 2037, and rules that repeat each year."""
    skipped = 0
    for name in sorted(TIMEZONES):
        zone = ZoneInfo(name)
        for change in (datetime.fromtimestamp(at, UTC) for at in changes(name) if at >= 946_684_800):
            before, after = ((change - part).astimezone(zone) for part in (timedelta(seconds=1), timedelta()))
            if after.date() > before.date():
                assert day_begins(after.date(), zone) == change, (name, change)
                skipped += after.hour > 0
    assert skipped > 100


@given(
    st.sampled_from(sorted(TIMEZONES)),
    st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)),
    st.timedeltas(timedelta(minutes=1), timedelta(days=900)),
)
def test_offsets_are_those_of_every_hour(name: str, start: datetime, length: timedelta) -> None:
    zone, from_ = ZoneInfo(name), start.replace(tzinfo=UTC)
    hours = [from_ + timedelta(hours=hour) for hour in range(length // timedelta(hours=1) + 1)]
    expected = {each.astimezone(zone).utcoffset() for each in (*hours, from_ + length)}
    assert {timedelta(microseconds=each) for each in offsets(Window(from_, from_ + length), zone)} == expected


def test_offsets_within_a_window() -> None:
    hour = 3600 * 10**6
    assert offsets(window(BERLIN, "2026-01-01", "2026-03-29"), BERLIN) == {hour}
    assert offsets(window(BERLIN, "2026-01-01", "2026-03-30"), BERLIN) == {hour, 2 * hour}
    assert offsets(window(KABUL, "2026-01-01", "2026-01-02"), KABUL) == {9 * hour // 2}
