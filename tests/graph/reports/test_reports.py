"""Every report over random rows equals the sums of these rows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.graph.support import expected
from tests.graph.support.api import Api
from tests.graph.support.expected import Sum, Window, of, rate, snapped
from tests.graph.support.rows import ACCOUNTS, OPERATORS, random_rows
from tests.graph.support.store import DAY, HOUR, Row, Store, hours, iso
from tests.support.bins import within_tolerance

pytestmark = pytest.mark.anyio

START = datetime(2026, 9, 27, tzinfo=UTC)  # a window contains the end of a month
END = START + 6 * DAY
AS_OF = datetime(2026, 10, 2, 23, 59, 58, 123456, tzinfo=UTC)
WINDOWS = [
    (START, END),
    (START + timedelta(hours=5), END - timedelta(hours=3)),
    (START + timedelta(hours=30, minutes=1), START + timedelta(hours=31, minutes=59)),
    (START + timedelta(hours=47), START + timedelta(hours=49)),
    (START + timedelta(days=3), START + timedelta(days=4)),
    (START - timedelta(days=50), START + timedelta(days=40)),
    (START - timedelta(days=9), START - timedelta(days=8)),
]
LENGTHS = {"hourly": HOUR, "daily": DAY}


@pytest.fixture(scope="module")
async def rows(opened: Store) -> Sequence[Row]:
    made = random_rows(Random(7), hours(START, END), density=0.6)
    await opened.put(made, AS_OF)
    return made


def check_percentiles(found: Mapping[str, Any], whole: Sum, parts: Sequence[Sum]) -> None:
    """Checks the percentiles of an answer, and removes them."""
    assert isinstance(found, dict)
    for answer, rows in [(found, whole), *zip(found["series"], parts, strict=True)]:
        p95 = answer.pop("p95LatencyMs")
        if rows.exact_p95 is None:
            assert p95 is None
        else:
            assert within_tolerance(p95, rows.exact_p95)


def parts(rows: Sequence[Row], scope: str, id_: str, window: Window, length: timedelta) -> list[Sum]:
    return [of(rows, scope, id_, part) for _, part in expected.buckets(window, length)]


@pytest.mark.parametrize("granularity", LENGTHS)
@pytest.mark.parametrize("window", WINDOWS)
async def test_summary(api: Api, rows: Sequence[Row], window: Window, granularity: str) -> None:
    found = await api.report("summary", from_=iso(window[0]), to=iso(window[1]), granularity=granularity)
    used, length = snapped(*window), LENGTHS[granularity]
    whole = of(rows, "PLATFORM", "platform", used)
    check_percentiles(found, whole, parts(rows, "PLATFORM", "platform", used, length))
    assert datetime.fromisoformat(found.pop("dataAsOf")) == AS_OF
    assert found == expected.summary(rows, used, length, AS_OF)


@pytest.mark.parametrize("granularity", LENGTHS)
@pytest.mark.parametrize("operator", OPERATORS)
async def test_operator_performance(api: Api, rows: Sequence[Row], operator: str, granularity: str) -> None:
    for window in WINDOWS:
        found = await api.report(
            f"operators/{operator}/performance", from_=iso(window[0]), to=iso(window[1]), granularity=granularity
        )
        used, length = snapped(*window), LENGTHS[granularity]
        whole = of(rows, "OPERATOR", operator, used)
        check_percentiles(found, whole, parts(rows, "OPERATOR", operator, used, length))
        assert datetime.fromisoformat(found.pop("dataAsOf")) == AS_OF
        assert found == expected.performance(rows, operator, used, length, AS_OF)


@pytest.mark.parametrize("granularity", LENGTHS)
@pytest.mark.parametrize("account", [*ACCOUNTS[:3], "never-heard-of"])
async def test_account_usage(api: Api, rows: Sequence[Row], account: str, granularity: str) -> None:
    for window in WINDOWS:
        found = await api.report(
            f"accounts/{account}/usage", from_=iso(window[0]), to=iso(window[1]), granularity=granularity
        )
        assert datetime.fromisoformat(found.pop("dataAsOf")) == AS_OF
        assert found == expected.usage(rows, account, snapped(*window), AS_OF)


@pytest.mark.parametrize("window", WINDOWS)
async def test_delivery_breakdown(api: Api, rows: Sequence[Row], window: Window) -> None:
    used = snapped(*window)
    found = await api.report("delivery-breakdown", from_=iso(window[0]), to=iso(window[1]))
    whole = of(rows, "PLATFORM", "platform", used)
    assert found["window"] == {"from": iso(used[0]), "to": iso(used[1])}
    assert {name: found[name] for name in ("pendingShare", "provisional")} == whole.maturity()
    assert found["byStatus"] == {
        "delivered": whole.delivered,
        "failed": whole.failed,
        "pending": max(whole.messages - whole.delivered - whole.failed, 0),
    }
    shares = [(operator, of(rows, "OPERATOR", operator, used)) for operator in OPERATORS]
    assert found["byOperator"] == [
        {
            "operatorId": operator,
            "total": share.messages,
            "delivered": share.delivered,
            "failed": share.failed,
            "pending": max(share.messages - share.delivered - share.failed, 0),
            "deliveryRate": rate(share.delivered, share.base),
            "errorRate": rate(share.failed, share.base),
        }
        for operator, share in sorted(shares, key=lambda item: (-item[1].messages, item[0]))
        if share.rows
    ]


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_top_operators_equal_their_performance(api: Api, rows: Sequence[Row], limit: int) -> None:
    window = {"from_": iso(START + 5 * HOUR), "to": iso(END - 7 * HOUR), "granularity": "daily"}
    found = await api.report("top-operators", limit=limit, **window)
    performances = [await api.report(f"operators/{operator}/performance", **window) for operator in OPERATORS]
    performances.sort(key=lambda each: (-each["totalMessages"], each["operatorId"]))
    assert found == {
        "operators": performances[:limit],
        "window": performances[0]["window"],
        "dataAsOf": performances[0]["dataAsOf"],
        "completeUntil": None,
    }


SUBJECTS = [
    ({}, ("PLATFORM", "platform")),
    ({"operatorId": "op:3"}, ("OPERATOR", "op:3")),
    ({"accountId": "acc-4"}, ("ACCOUNT", "acc-4")),
    ({"operatorId": "unknown"}, ("OPERATOR", "unknown")),
]


@pytest.mark.parametrize(("resolution", "points"), [("1m", 60), ("5m", 12), ("1h", 1)])
@pytest.mark.parametrize(("parameters", "subject"), SUBJECTS)
async def test_throughput(
    api: Api, rows: Sequence[Row], resolution: str, points: int, parameters: dict[str, str], subject: tuple[str, str]
) -> None:
    window = START + 3 * HOUR, END - 2 * HOUR
    found = await api.report("throughput", from_=iso(window[0]), to=iso(window[1]), resolution=resolution, **parameters)
    assert found["resolution"] == resolution
    assert found["interpolated"] is (resolution != "1h")
    assert datetime.fromisoformat(found["dataAsOf"]) == AS_OF
    step, series = HOUR / points, found["series"]
    assert [point["time"] for point in series] == [
        iso(window[0] + number * step) for number in range((window[1] - window[0]) // step)
    ]
    for number, hour in enumerate(hours(*window)):
        sums = of(rows, *subject, (hour, hour + HOUR))
        within = series[number * points : (number + 1) * points]
        for name in ("messages", "delivered", "failed"):
            shared = [point[name] for point in within]
            assert sum(shared) == getattr(sums, name)
            assert max(shared) - min(shared) <= 1
        for point in within:
            counted = "ACTUAL" if points == 1 else "INTERPOLATED"
            assert point["quality"] == (counted if hour + HOUR <= AS_OF else "PARTIAL")
            assert point["tps"] == pytest.approx(point["messages"] / step.total_seconds(), abs=0.00005)


async def test_the_longest_window_has_every_minute(api: Api, rows: Sequence[Row]) -> None:
    window = START - 40 * DAY, START + 50 * DAY
    found = await api.report("throughput", from_=iso(window[0]), to=iso(window[1]), resolution="1m")
    assert len(found["series"]) == 90 * 24 * 60
    assert sum(point["messages"] for point in found["series"]) == of(rows, "PLATFORM", "platform", window).messages
