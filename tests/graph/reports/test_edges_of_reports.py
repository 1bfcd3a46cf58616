"""Reports over extreme data: an empty store, the ends of time, refunds only, and sums beyond 64 bits."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.graph.support.api import Api
from tests.graph.support.store import DAY, HOUR, Row, Store, iso

pytestmark = pytest.mark.anyio

START = datetime(2026, 9, 27, tzinfo=UTC)


async def test_an_empty_store_gives_zeros_and_nulls(api: Api, store: Store) -> None:
    window = {"from_": iso(START), "to": iso(START + 2 * HOUR)}
    summary = await api.report("summary", **window)
    assert summary["dataAsOf"] is None
    assert summary["deliveryRate"] is None
    assert summary["avgLatencyMs"] is None
    assert summary["p95LatencyMs"] is None
    assert summary["lowSample"] is True
    assert (summary["peakTps"], summary["activeAccounts"], summary["totalMessages"]) == (0, 0, 0)
    assert summary["totalCost"] == "0.000000"
    assert summary["costsByCurrency"] == {"USD": "0.000000"}
    assert len(summary["series"]) == 2
    assert (await api.report("top-operators", **window))["operators"] == []
    assert (await api.report("delivery-breakdown", **window))["byOperator"] == []


@pytest.mark.parametrize(
    ("begin", "end"),
    [("0001-01-01T00:00:00Z", "0001-01-02T05:00:00Z"), ("9999-11-29T23:00:00Z", "9999-12-01T00:00:00Z")],
)
async def test_windows_at_the_ends_of_time_are_answered(api: Api, store: Store, begin: str, end: str) -> None:
    for report in ("summary", "throughput", "delivery-breakdown", "top-operators", "accounts/a/usage"):
        assert (await api.report(report, from_=begin, to=end))["window"] == {"from": begin, "to": end}
    response = await api.get("operators/nobody/performance", from_=begin, to=end)
    assert response.status_code == 404
    for by in ("DAILY", "MONTHLY"):
        query = f'{{ trend(from: "{begin}", to: "{end}", granularity: {by}) {{ totalMessages series {{ quality }} }} }}'
        assert (await api.fields(query))["trend"]["totalMessages"] == 0


async def test_an_operator_is_known_once_anything_was_counted_for_it(api: Api, store: Store) -> None:
    window = {"from_": iso(START), "to": iso(START + HOUR)}
    response = await api.get("operators/late/performance", **window)
    assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")
    await store.put([Row(START + 30 * DAY, "OPERATOR", "late", messages=1)])
    assert (await api.report("operators/late/performance", **window))["totalMessages"] == 0


async def test_top_operators_are_five_by_default(api: Api, store: Store) -> None:
    await store.put(Row(START, "OPERATOR", f"o{n}", messages=7 if n < 3 else n) for n in range(8))
    found = await api.report("top-operators", from_=iso(START), to=iso(START + HOUR))
    ids = [operator["operatorId"] for operator in found["operators"]]
    assert ids == ["o0", "o1", "o2", "o7", "o6"]  # equal ones by id


async def test_only_refunds_leave_no_average_cost(api: Api, store: Store) -> None:
    await store.put([Row(START, "ACCOUNT", "a", messages=-3, refunded=3, segments=-4, cost=Decimal("-1.5"))])
    found = await api.report("accounts/a/usage", from_=iso(START), to=iso(START + HOUR))
    assert (found["messagesSent"], found["segments"], found["totalCost"]) == (-3, -4, "-1.500000")
    assert found["refundedMessages"] == 3
    assert (found["deliveryRate"], found["avgCostPerMessage"]) == (None, None)


async def test_refunds_are_unknown_where_some_hours_did_not_count_them(api: Api, store: Store) -> None:
    for scope, id_ in (("PLATFORM", "platform"), ("OPERATOR", "o"), ("ACCOUNT", "a")):
        hours = [
            Row(START + n * HOUR, scope, id_, messages=9, refunded=refunded) for n, refunded in ((0, 4), (1, None))
        ]
        await store.put(hours)
    for report in ("summary", "operators/o/performance", "accounts/a/usage"):
        found = [
            (await api.report(report, from_=iso(START), to=iso(START + n * HOUR)))["refundedMessages"] for n in (1, 2)
        ]
        assert found == [4, None]
    query = f'{{ summary(from: "{iso(START)}", to: "{iso(START + HOUR)}") {{ refundedMessages }} }}'
    assert (await api.fields(query))["summary"] == {"refundedMessages": 4}


async def test_without_messages_rates_are_shares_of_the_reports(api: Api, store: Store) -> None:
    await store.put([Row(START, "OPERATOR", "o", messages=1, delivered=2, failed=1)])
    found = await api.report("operators/o/performance", from_=iso(START), to=iso(START + HOUR))
    assert (found["deliveryRate"], found["errorRate"], found["pendingMessages"]) == (0.6667, 0.3333, 0)


async def test_halves_are_rounded_up(api: Api, store: Store) -> None:
    row = Row(START, "ACCOUNT", "a", messages=32, delivered=1, cost=Decimal("0.000016"))
    await store.put([row])
    found = await api.report("accounts/a/usage", from_=iso(START), to=iso(START + HOUR))
    assert found["deliveryRate"] == 0.0313  # 0.03125
    assert found["avgCostPerMessage"] == "0.000001"  # 0.0000005


async def test_sums_beyond_64_bits_are_exact(api: Api, store: Store) -> None:
    most = Decimal("9" * 25 + ".999999")
    await store.put(
        Row(START + n * HOUR, "PLATFORM", "platform", messages=2**60, cost=most, costs={"AFN": most}) for n in range(40)
    )
    found = await api.report("summary", from_=iso(START), to=iso(START + 2 * DAY), granularity="daily")
    assert found["totalMessages"] == 40 * 2**60
    assert found["costsByCurrency"] == {
        "USD": "399999999999999999999999999.999960",
        "AFN": "399999999999999999999999999.999960",
    }


async def test_low_sample_ends_at_a_hundred(api: Api, store: Store) -> None:
    for samples, low in ((99, True), (100, False)):
        await store.put([Row(START, "PLATFORM", "platform", samples=[7] * samples)])
        found = await api.report("summary", from_=iso(START), to=iso(START + HOUR))
        assert found["lowSample"] is low
        assert (found["p95LatencyMs"], found["avgLatencyMs"]) == (7, 7)
