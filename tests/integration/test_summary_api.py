"""US-ANLYT-04, 05, 07: answers about published events are equal over REST, GraphQL and in plain Python."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from schema.streams import BILLING_EVENTS
from tests.support import events
from tests.support.api import Api, open_api
from tests.support.bins import percentile_disc, within_tolerance
from tests.support.counted_events import count_events
from tests.support.platform import BILLING, Platform
from tests.support.reference import Expected, Key, Row

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
WINDOW = {
    "from_": f"{NOW - timedelta(days=88):%Y-%m-%dT%H:00:00Z}",
    "to": f"{NOW + timedelta(hours=25):%Y-%m-%dT%H:00:00Z}",
}
SEED = 20261121


def rate(part: int, whole: int) -> float | None:
    if whole <= 0:
        return None
    return float((Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001"), ROUND_HALF_UP))


class Total:
    """The sums over the rows in a window."""

    def __init__(self, expected: Expected, scope: str, ids: Iterable[str]) -> None:
        start, end = (datetime.fromisoformat(WINDOW[name]) for name in ("from_", "to"))
        chosen = set(ids)

        def counts(key: Key) -> bool:
            return key[0] == scope and key[1] in chosen and start <= key[2] < end

        self.rows: list[Row] = [row for key, row in expected.metrics.items() if counts(key)]
        self.costs = Counter[str]()
        for (*key, currency), cost in expected.costs.items():
            if counts(tuple(key)):  # type: ignore[arg-type]  # a slice of a tuple has lost its types
                self.costs[currency] += cost  # type: ignore[assignment]  # Counter adds any number

    def sum(self, name: str) -> Any:
        return sum(getattr(row, name) for row in self.rows)

    def figures(self) -> dict[str, Any]:
        messages, delivered, failed = (self.sum(f"{name}_messages") for name in ("total", "delivered", "failed"))
        cost = self.sum("total_cost") + Decimal("0.000000")
        samples = [sample for row in self.rows for sample in row.samples]
        return {
            "totalMessages": messages,
            "deliveredMessages": delivered,
            "failedMessages": failed,
            "pendingMessages": max(messages - delivered - failed, 0),
            "deliveryRate": rate(delivered, max(messages, delivered + failed)),
            "totalCost": str(cost),
            "costsByCurrency": {"USD": str(cost)} | {name: str(value) for name, value in self.costs.items()},
            "peakTps": max((row.peak_tps for row in self.rows), default=0),
            "avgLatencyMs": int((Decimal(sum(samples)) / len(samples)).quantize(Decimal(1), ROUND_HALF_UP)),
            "lowSample": len(samples) < 100,
        }

    def exact_p95(self) -> int:
        return percentile_disc([sample for row in self.rows for sample in row.samples], 95)


@pytest.fixture(scope="module")
async def counted(shared_platform: Platform) -> Expected:
    """A few thousand messages of every kind, published and counted."""
    return await count_events(shared_platform, SEED, NOW, 1500)


async def test_summary_equals_the_events(counted: Expected, api: Api) -> None:
    total = Total(counted, "PLATFORM", ["platform"])
    answer = await api.rest("/summary", granularity="daily", **WINDOW)
    expected = total.figures()
    assert {name: answer[name] for name in expected} == expected
    assert within_tolerance(answer["p95LatencyMs"], total.exact_p95())
    accounts = {key[1] for key in counted.metrics if key[0] == "ACCOUNT" and Total(counted, "ACCOUNT", [key[1]]).rows}
    assert answer["activeAccounts"] == len(accounts)
    assert datetime.fromisoformat(answer["dataAsOf"]) == max(counted.data_as_of.values())


@pytest.mark.parametrize("granularity", ["hourly", "daily"])
async def test_series_sum_to_the_totals(counted: Expected, api: Api, granularity: str) -> None:
    answer = await api.rest("/summary", granularity=granularity, **WINDOW)
    for name in ("totalMessages", "deliveredMessages", "failedMessages"):
        assert sum(point[name] for point in answer["series"]) == answer[name]
    assert sum(Decimal(point["totalCost"]) for point in answer["series"]) == Decimal(answer["totalCost"])


async def test_every_operator_equals_its_events(counted: Expected, api: Api) -> None:
    operators = {key[1] for key in counted.metrics if key[0] == "OPERATOR"}
    for operator in sorted(operators):
        total = Total(counted, "OPERATOR", [operator])
        answer = await api.rest(f"/operators/{operator}/performance", granularity="daily", **WINDOW)
        if any(row.samples for row in total.rows):
            expected = total.figures()
            assert {name: answer[name] for name in expected} == expected
            assert within_tolerance(answer["p95LatencyMs"], total.exact_p95())


async def test_an_unknown_operator_is_not_found(counted: Expected, api: Api) -> None:
    response = await api.get("/operators/nobody/performance")
    assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")


async def test_graphql_equals_rest(counted: Expected, api: Api) -> None:
    rest = await api.rest("/summary", granularity="daily", **WINDOW)
    names = [name for name in rest if name not in {"window", "series"}]
    query = f"""query($from: DateTime, $to: DateTime) {{ summary(from: $from, to: $to, granularity: DAILY) {{
        {" ".join(names)} window {{ from to }} series {{ {" ".join(rest["series"][0])} }} }} }}"""
    answer = await api.ask(query, **{"from": WINDOW["from_"], "to": WINDOW["to"]})
    assert answer["data"]["summary"] == rest


async def test_interpolated_throughput_sums_to_each_hour(counted: Expected, api: Api) -> None:
    hours = (await api.rest("/throughput", resolution="1h", **WINDOW))["series"]
    for resolution, points in (("1m", 60), ("5m", 12)):
        answer = await api.rest("/throughput", resolution=resolution, **WINDOW)
        assert answer["interpolated"] is True
        assert len(answer["series"]) == points * len(hours)
        for name in ("messages", "delivered", "failed"):
            sums = [
                sum(point[name] for point in answer["series"][first : first + points])
                for first in range(0, len(answer["series"]), points)
            ]
            assert sums == [hour[name] for hour in hours]


async def test_breakdown_and_top_operators_agree_with_the_summary(counted: Expected, api: Api) -> None:
    summary = await api.rest("/summary", granularity="daily", **WINDOW)
    breakdown = await api.rest("/delivery-breakdown", **WINDOW)
    assert breakdown["byStatus"] == {name: summary[f"{name}Messages"] for name in ("delivered", "failed", "pending")}
    assert sum(row["delivered"] for row in breakdown["byOperator"]) == summary["deliveredMessages"]
    top = await api.rest("/top-operators", limit=3, granularity="daily", **WINDOW)
    messages = [operator["totalMessages"] for operator in top["operators"]]
    assert len(messages) == 3
    assert messages == sorted(messages, reverse=True)


async def test_a_late_event_is_in_the_next_answer(platform: Platform) -> None:
    rng = random.Random(1)
    late = events.billing(rng, NOW) | {
        "eventId": "a-late-one",
        "status": "BILLED",
        "billedAt": f"{NOW - timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}",
    }
    async with open_api(platform.dsn) as api:
        totals = []
        for some in (events.messages(rng, events.billing, NOW, 200), [events.message(rng, late)]):
            await platform.publish(BILLING_EVENTS, some)
            await platform.drain(BILLING)
            totals.append((await api.rest("/summary", granularity="daily", **WINDOW))["totalMessages"])
    assert totals[0] > 1
    assert totals[1] == totals[0] + 1
