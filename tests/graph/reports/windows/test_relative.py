"""Relative windows, compared with windows that a search along the clock finds."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InvalidWindowError
from graph.reports.windows import (
    LONGEST,
    LONGEST_TREND,
    PERIODS,
    Period,
    Window,
    WindowRequest,
    parse_window,
    period,
    resolve_window,
)
from infra.zones import TIMEZONES, timezone

NOW = datetime(2026, 11, 21, 10, 20, 30, 405060, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ZONES = sorted(TIMEZONES)
# Offsets are whole minutes in these years.
TIMES = st.datetimes(datetime(2000, 2, 1), datetime(2090, 1, 1), timezones=st.just(UTC))


def resolved(fields: Mapping[str, str], now: datetime = NOW, longest: timedelta = LONGEST) -> tuple[str, str]:
    window = resolve_window(WindowRequest(**fields), now, longest)
    return f"{window.from_:%Y-%m-%dT%H}", f"{window.to:%Y-%m-%dT%H}"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"last": "24h"}, ("2026-11-20T10", "2026-11-21T11")),
        ({"last": "1h"}, ("2026-11-21T09", "2026-11-21T11")),
        ({"last": "7d"}, ("2026-11-14T10", "2026-11-21T11")),
        ({"last": "90d"}, ("2026-08-23T10", "2026-11-21T11")),
        ({"last": "2160h"}, ("2026-08-23T10", "2026-11-21T11")),
        ({"last": "7d", "timezone": "Asia/Kabul"}, ("2026-11-14T10", "2026-11-21T11")),
        ({"window": "today"}, ("2026-11-21T00", "2026-11-21T11")),
        ({"window": "yesterday"}, ("2026-11-20T00", "2026-11-21T00")),
        ({"window": "thisMonth"}, ("2026-11-01T00", "2026-11-21T11")),
        ({"window": "lastMonth"}, ("2026-10-01T00", "2026-11-01T00")),
        # Kabul's days begin at 19:30 UTC: reports count whole UTC hours.
        ({"window": "today", "timezone": "Asia/Kabul"}, ("2026-11-20T19", "2026-11-21T11")),
        ({"window": "yesterday", "timezone": "Asia/Kabul"}, ("2026-11-19T19", "2026-11-20T20")),
        ({"window": "today", "timezone": "Pacific/Kiritimati"}, ("2026-11-21T10", "2026-11-21T11")),
        ({"window": "lastMonth", "timezone": "America/New_York"}, ("2026-10-01T04", "2026-11-01T04")),
        ({"window": "thisMonth", "timezone": "America/New_York"}, ("2026-11-01T04", "2026-11-21T11")),
        ({}, ("2026-11-21T00", "2026-11-21T11")),
    ],
)
def test_relative_windows_become_two_times(fields: dict[str, str], expected: tuple[str, str]) -> None:
    assert resolved(fields) == expected


def test_a_year_begins_after_december() -> None:
    assert resolved({"window": "lastMonth"}, datetime(2026, 1, 3, tzinfo=UTC)) == ("2025-12-01T00", "2026-01-01T00")


def test_yesterday_is_the_previous_day_that_exists() -> None:
    """Samoa had no 30 December 2011."""
    now = datetime(2011, 12, 31, 0, 0, tzinfo=UTC)
    assert now.astimezone(timezone("Pacific/Apia")).date() == date(2011, 12, 31)
    assert resolved({"window": "yesterday", "timezone": "Pacific/Apia"}, now) == ("2011-12-29T10", "2011-12-30T10")


def test_a_day_that_skips_its_midnight_begins_with_its_first_hour() -> None:
    now = datetime(2025, 4, 25, 12, tzinfo=UTC)
    assert resolved({"window": "today", "timezone": "Africa/Cairo"}, now) == ("2025-04-24T22", "2025-04-25T12")


def test_a_period_at_its_first_instant_has_its_first_hour() -> None:
    midnight = datetime(2026, 11, 1, tzinfo=UTC)
    for name in ("today", "thisMonth"):
        assert resolved({"window": name}, midnight) == ("2026-11-01T00", "2026-11-01T01")


def test_a_trend_may_have_a_long_window() -> None:
    assert resolved({"last": "3660d"}, longest=LONGEST_TREND)[0] == "2016-11-13T10"


def begins(matches: Callable[[date], bool], zone: str, about: datetime, step: timedelta) -> datetime:
    """The first step whose date matches, from some days before `about` on."""
    at = about.replace(minute=0, second=0, microsecond=0) - 3 * DAY
    while not matches(at.astimezone(timezone(zone)).date()):
        at += step
    return at


def walked(name: Period, zone: str, now: datetime, step: timedelta = MINUTE) -> tuple[datetime, datetime]:
    today = now.astimezone(timezone(zone)).date()
    first = begins(lambda day: day >= today, zone, now, step)
    month = datetime(today.year, today.month, 1, tzinfo=UTC)
    this_month = begins(lambda day: (day.year, day.month) >= (today.year, today.month), zone, month, step)
    before = (this_month - MINUTE).astimezone(timezone(zone)).date()
    match name:
        case "today":
            return first, now
        case "yesterday":
            yesterday = (first - MINUTE).astimezone(timezone(zone)).date()
            return begins(lambda day: day >= yesterday, zone, first - DAY, step), first
        case "thisMonth":
            return this_month, now
        case "lastMonth":
            months = (before.year, before.month)
            start = datetime(*months, 1, tzinfo=UTC)
            return begins(lambda day: (day.year, day.month) >= months, zone, start, step), this_month


def as_two_times(edges: tuple[datetime, datetime], now: datetime) -> Window:
    return parse_window(edges[0].isoformat(), edges[1].isoformat(), now)


@given(name=st.sampled_from(PERIODS), zone=st.sampled_from(ZONES), now=TIMES)
def test_a_period_equals_the_one_that_a_search_finds(name: Period, zone: str, now: datetime) -> None:
    expected = walked(name, zone, now)
    assert period(name, zone, now) == expected
    if expected[0] < expected[1]:
        found = resolve_window(WindowRequest(window=name, timezone=zone), now)
        assert found == as_two_times(expected, now)


# Clocks change at whole quarters of an hour in this year.
@pytest.mark.parametrize("name", PERIODS)
@pytest.mark.parametrize("now", [NOW, datetime(2026, 3, 29, 23, 59, 59, tzinfo=UTC)], ids=["autumn", "spring"])
def test_periods_in_every_zone(name: Period, now: datetime) -> None:
    assert {zone: period(name, zone, now) for zone in ZONES} == {
        zone: walked(name, zone, now, 15 * MINUTE) for zone in ZONES
    }


@given(hours=st.integers(1, 2160), now=TIMES, zone=st.none() | st.sampled_from(ZONES))
def test_a_length_equals_two_times(hours: int, now: datetime, zone: str | None) -> None:
    expected = parse_window((now - timedelta(hours=hours)).isoformat(), now.isoformat(), now)
    assert resolve_window(WindowRequest(last=f"{hours}h", timezone=zone), now) == expected
    if hours % 24 == 0:
        assert resolve_window(WindowRequest(last=f"{hours // 24}d", timezone=zone), now) == expected


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        *(
            (
                {"last": text},
                f"last must be a whole number of hours or days, such as 24h or 7d, not {json.dumps(text)}.",
            )
            for text in ("", "7", "d", "0d", "07d", "-1d", "+7d", "1.5d", "7D", "7 d", "7w", "7d ", "1000000h", "७d")
        ),
        ({"last": "91d"}, "The window is 91 days long; at most 90 days are answered."),
        ({"last": "2161h"}, "The window is 90 days 1 h long; at most 90 days are answered."),
        ({"last": "999999d"}, "The window is 999999 days long; at most 90 days are answered."),
        *(
            ({"window": text}, f'window must be one of today, yesterday, thisMonth, lastMonth, not "{text}".')
            for text in ("", "Today", "tomorrow", "7d", "2026-10-01T00:00:00Z/2026-10-02T00:00:00Z")
        ),
        *(
            (
                {"window": "today", "timezone": text},
                f'timezone must be an IANA timezone, such as Asia/Kabul, not "{text}".',
            )
            for text in ("", "Kabul", "+04:30", "../UTC", "Factory", "asia/kabul")
        ),
        ({"last": "7d", "timezone": "x"}, 'timezone must be an IANA timezone, such as Asia/Kabul, not "x".'),
        (
            {"timezone": "UTC"},
            "timezone is for window and last; times in from and to have an offset of their own.",
        ),
        (
            {"from_": "2026-11-01T00:00:00Z", "timezone": "UTC"},
            "timezone is for window and last; times in from and to have an offset of their own.",
        ),
        *(
            (fields, f"A window is given by from and to, by window or by last; {names} do not go together.")
            for fields, names in (
                ({"from_": "x", "last": "7d"}, "from and last"),
                ({"to": "x", "window": "today"}, "to and window"),
                ({"window": "today", "last": "7d"}, "window and last"),
                ({"from_": "", "to": "", "window": "", "last": ""}, "from and to and window and last"),
            )
        ),
    ],
)
def test_an_invalid_request_is_one_sentence(fields: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidWindowError) as raised:
        resolved(fields)
    assert str(raised.value) == sentence


def test_a_long_text_is_shortened_in_the_message() -> None:
    with pytest.raises(InvalidWindowError) as raised:
        resolved({"last": "7" * 10_000})
    assert len(str(raised.value)) < 150
