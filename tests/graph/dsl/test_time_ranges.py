"""Relative windows of queries: how they are resolved, how a cursor keeps them, and which are refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.audit import request as audits
from graph.dsl.compile import fingerprint
from graph.dsl.parse import parse
from graph.dsl.scope import AllTenants
from graph.dsl.time_ranges import add_instant, split_instant
from graph.errors import InvalidQueryError
from graph.reports.windows import PERIODS, Period, period
from infra.zones import TIMEZONES

NOW = datetime(2026, 11, 21, 10, 20, 30, 405060, tzinfo=UTC)
TIMES = st.datetimes(datetime(2002, 1, 1), datetime(2090, 1, 1)).map(lambda time: time.replace(tzinfo=UTC, fold=0))
ZONES = st.sampled_from(sorted(TIMEZONES))


def query(after: str | None = None, **time: Any) -> dict[str, Any]:
    return {"dataset": "dlr", "measures": ["messages"], "time": time, "after": after}


def audit(after: str | None = None, **time: Any) -> dict[str, Any]:
    return {"tenantId": "tenant-001", "after": after, **time}


@given(days=st.integers(1, 300), now=TIMES)
def test_a_length_ends_now_to_the_microsecond(days: int, now: datetime) -> None:
    parsed = parse(query(last=f"{days}d"), now).time
    assert (parsed.from_, parsed.to) == (now - timedelta(days=days), now)
    audited = audits.parse(audit(last=f"{24 * days}h"), now)
    assert (audited.from_, audited.to) == (now - timedelta(days=days), now)


@given(name=st.sampled_from(PERIODS), zone=ZONES, now=TIMES)
def test_a_period_equals_that_of_reports(name: Period, zone: str, now: datetime) -> None:
    parsed = parse(query(window=name, timezone=zone, granularity="day"), now).time
    assert (parsed.from_, parsed.to) == period(name, zone, now)
    assert (parsed.timezone, parsed.granularity) == (zone, "day")
    audited = audits.parse(audit(window=name, timezone=zone), now)
    assert (audited.from_, audited.to) == period(name, zone, now)


@given(now=TIMES, later=TIMES, zone=ZONES)
def test_a_cursor_keeps_the_window_of_its_first_page(now: datetime, later: datetime, zone: str) -> None:
    for time in ({"last": "7d"}, {"window": "thisMonth", "timezone": zone}):
        first = parse(query(**time), now)
        second = parse(query(add_instant("x", first.at), **time), later)
        assert second.time == first.time
        assert second.after == "x"
        assert fingerprint(second, AllTenants()) == fingerprint(first, AllTenants())
        audited = audits.parse(audit(add_instant("x", now), **time), later)
        assert audited.fingerprint("r") == audits.parse(audit(**time), now).fingerprint("r")


def test_another_instant_is_another_query_even_if_its_window_is_the_same() -> None:
    first, second = (parse(query(window="yesterday"), NOW + timedelta(seconds=each)) for each in (0, 1))
    assert first.time == second.time
    assert fingerprint(first, AllTenants()) != fingerprint(second, AllTenants())


def test_two_times_do_not_depend_on_the_time_of_the_request() -> None:
    times = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-02T00:00:00Z"}
    parsed = parse(query("1234567890123456.x", **times), NOW)
    assert (parsed.after, parsed.at) == ("1234567890123456.x", None)
    assert add_instant("x", None) == "x"


@pytest.mark.parametrize(
    "after",
    [
        None,
        "",
        "x",
        ".",
        ".x",
        "1.x",
        "123456789012345.x",
        "12345678901234567.x",
        "-234567890123456.x",
        "१२३४५६७८९०१२३४५६.x",
    ],
)
def test_a_cursor_without_an_instant_is_unchanged(after: str | None) -> None:
    assert split_instant(after, NOW) == (NOW, after)


@pytest.mark.parametrize(
    ("time", "path", "message"),
    [
        ({"last": "7"}, ".last", 'Must be a whole number of hours or days, such as 24h or 7d, not "7".'),
        ({"last": 7}, ".last", "Must be a whole number of hours or days, such as 24h or 7d, not 7."),
        ({"last": "99999d"}, ".last", "Must not reach back beyond 2000-01-01T00:00:00+00:00."),
        ({"last": "999999d"}, ".last", "Must not reach back beyond 2000-01-01T00:00:00+00:00."),
        ({"window": "tomorrow"}, ".window", '"tomorrow" is not a window.'),
        ({"window": "today", "timezone": "Kabul"}, ".timezone", '"Kabul" is not an IANA timezone.'),
        ({"window": "today", "last": "7d"}, "", "Has window and last; use `from` and `to`, or `window`, or `last`."),
        (
            {"from": "2026-10-01T00:00:00Z", "last": "7d"},
            "",
            "Has from and last; use `from` and `to`, or `window`, or `last`.",
        ),
        ({"to": "2026-10-01T00:00:00Z"}, ".from", "Is required without `window` or `last`."),
    ],
)
def test_each_mistake_is_one_problem(time: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        parse(query(**time), NOW)
    assert [(each.path, each.message) for each in refused.value.problems] == [(f"$.time{path}", message)]
    with pytest.raises(InvalidQueryError) as refused:
        audits.parse(audit(**time), NOW)
    assert [(each.path, each.message) for each in refused.value.problems] == [(f"${path}", message)]


@pytest.mark.parametrize(
    ("time", "path", "message"),
    [
        ({"last": "1828d"}, "$.last", "Must be at most five years after `from`."),
        (
            {"from": "2026-10-01T00:00:00Z", "to": "2026-10-02T00:00:00Z", "timezone": "UTC"},
            "$.timezone",
            "Is for `window` and `last`; `from` and `to` have an offset of their own.",
        ),
    ],
)
def test_members_that_an_audit_refuses(time: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(InvalidQueryError) as refused:
        audits.parse(audit(**time), NOW)
    assert [(each.path, each.message) for each in refused.value.problems] == [(path, message)]
    assert audits.parse(audit(last="1827d"), NOW).to == NOW
