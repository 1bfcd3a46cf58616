"""Relative windows of reports give the same answers as two times, in REST and GraphQL."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from tests.graph.support.api import ADMIN, REPORTS, Api
from tests.graph.support.problems import check_problem
from tests.graph.support.store import HOUR, Row, Store

pytestmark = pytest.mark.anyio

PATHS: Final = (
    "summary",
    "operators/op-1/performance",
    "accounts/acc-1/usage",
    "throughput",
    "delivery-breakdown",
    "top-operators",
)
WINDOWS: Final = (
    {"last": "3h"},
    {"last": "40d", "timezone": "Asia/Kabul"},
    {"window": "today"},
    {"window": "yesterday", "timezone": "Asia/Kabul"},
    {"window": "thisMonth", "timezone": "America/New_York"},
    {"window": "lastMonth"},
)
FIELDS: Final = """{{
  summary({0}, granularity: HOURLY) {{ window {{ from to }} totalMessages series {{ time totalMessages }} }}
  operator(id: "op-1", {0}) {{ window {{ from to }} totalMessages }}
  account(id: "acc-1", {0}) {{ window {{ from to }} messagesSent }}
  throughput({0}) {{ window {{ from to }} series {{ time messages }} }}
  deliveryBreakdown({0}) {{ window {{ from to }} byStatus {{ delivered failed }} }}
  topOperators({0}) {{ window {{ from to }} operators {{ operatorId totalMessages }} }}
  trend({0}) {{ window {{ from to }} totalMessages series {{ time totalMessages }} }}
  operators {{ edges {{ node {{ performance({0}) {{ window {{ from to }} totalMessages }} }} }} }}
  accounts {{ edges {{ node {{ usage({0}) {{ window {{ from to }} messagesSent }} }} }} }}
}}"""


@pytest.fixture
async def filled(store: Store) -> None:
    """One row per hour of 60 days with different counts, so that a window that is wrong by one hour is detected."""
    last = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [last - number * HOUR for number in range(-1, 70 * 24)]
    scopes = (("PLATFORM", "platform"), ("OPERATOR", "op-1"), ("ACCOUNT", "acc-1"))
    await store.put(
        [
            Row(hour, scope, id_, messages=number % 97 + 1, delivered=number % 53)
            for number, hour in enumerate(hours)
            for scope, id_ in scopes
        ]
    )


@pytest.mark.parametrize("given", WINDOWS, ids=str)
async def test_reports(api: Api, filled: None, given: dict[str, str]) -> None:
    for path in PATHS:
        report = await api.report(path, ADMIN, **given)
        again = await api.report(path, ADMIN, from_=report["window"]["from"], to=report["window"]["to"])
        assert report == again
    arguments = ", ".join(f'{name}: "{value}"' for name, value in given.items())
    graph = await api.fields(FIELDS.format(arguments))
    times = 'from: "{from}", to: "{to}"'.format(**graph["summary"]["window"])
    assert await api.fields(FIELDS.format(times)) == graph
    assert windows_of(graph) == [report["window"]] * 9


def windows_of(graph: Any) -> list[Any]:
    """The windows of all answers within an answer."""
    if isinstance(graph, list):
        return [window for each in graph for window in windows_of(each)]
    if not isinstance(graph, dict):
        return []
    own = [graph["window"]] if "window" in graph else []
    return own + [window for name, each in graph.items() if name != "window" for window in windows_of(each)]


async def test_relative_windows_end_now(api: Api, filled: None) -> None:
    before = datetime.now(UTC)
    window = (await api.report("summary", ADMIN, last="5h"))["window"]
    after = datetime.now(UTC)
    start, end = (datetime.fromisoformat(window[name]) for name in ("from", "to"))
    assert before - 6 * HOUR < start <= after - 5 * HOUR
    assert before <= end < after + HOUR


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"last": "7"}, "such as 24h or 7d"),
        ({"last": "91d"}, "at most 90 days are answered"),
        ({"window": "week"}, "today, yesterday, thisMonth, lastMonth"),
        ({"window": "today", "timezone": "Kabul"}, "an IANA timezone"),
        ({"timezone": "Asia/Kabul"}, "timezone is for window and last"),
        ({"window": "today", "from": "2026-10-01T00:00:00Z"}, "from and window do not go together"),
        ({"window": "today", "last": "7d"}, "window and last do not go together"),
    ],
)
async def test_refusals(api: Api, given: dict[str, str], words: str) -> None:
    for path in (*(f"{REPORTS}/{each}" for each in PATHS), "/v1/insights/mno-quality", "/v1/insights/cost-quality"):
        response = await api.client.get(path, params=given, headers=dict(ADMIN))
        assert words in check_problem(response, 400, "INVALID_WINDOW"), path
    arguments = ", ".join(f'{name}: "{value}"' for name, value in given.items())
    for field in (f"summary({arguments}) {{ dataAsOf }}", f"mnoQuality({arguments}) {{ dataAsOf }}"):
        (error,) = (await api.ask(f"{{ {field} }}"))["errors"]
        assert error["extensions"]["code"] == "INVALID_WINDOW"
        assert words in error["message"], field


@pytest.mark.parametrize(
    ("window", "more", "words"),
    [
        ("week", "", "window must be one of today, yesterday, thisMonth, lastMonth, or two times with a slash between"),
        ("2026-10-01T00:00:00Z/2026-10-02T00:00:00Z", ', last: "7d"', "window and last do not go together"),
        ("2026-10-01T00:00:00Z/2026-10-02T00:00:00Z", ', timezone: "UTC"', "timezone is for window and last"),
        ("2026-10-01T00:00:00Z/", "", "to must be an RFC 3339 time"),
    ],
)
async def test_intervals_of_graphql(api: Api, window: str, more: str, words: str) -> None:
    (error,) = (await api.ask(f'{{ summary(window: "{window}"{more}) {{ dataAsOf }} }}'))["errors"]
    assert words in error["message"]


async def test_an_interval_is_accepted_wherever_two_times_are(api: Api, filled: None) -> None:
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(days=2)
    times = f'from: "{start.isoformat()}", to: "{end.isoformat()}"'
    interval = f'window: "{start.isoformat()}/{end.isoformat()}"'
    assert await api.fields(FIELDS.format(interval)) == await api.fields(FIELDS.format(times))
