"""The dashboard shows what the API answers for the platform, its operators, and the period before."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest

from graph.web import live
from graph.web.pages.dashboard import LISTED
from infra.postgres import Pool, open_pool
from tests.graph.support.api import ADMIN, REPORTS
from tests.graph.support.pages import FINANCE, NOWHERE, as_text, open_site, page, with_before
from tests.graph.support.queries import tenant
from tests.graph.support.site import serve_site
from tests.graph.support.store import Row, Store
from tests.support.browser import Visiting
from tools.browser import View

pytestmark = pytest.mark.anyio

PATH: Final = "/dashboard"
BEGIN: Final = datetime(2026, 10, 1, tzinfo=UTC)
HOURS: Final = 24 * 8
OPERATORS: Final = LISTED + 3
BY_HOUR: Final = "from=2026-10-03T06:00:00Z&to=2026-10-04T18:00:00Z"
BEFORE_BY_HOUR: Final = "from=2026-10-01T18:00:00Z&to=2026-10-03T06:00:00Z"
BY_DAY: Final = "from=2026-10-04T06:00:00Z&to=2026-10-08T00:00:00Z"
BEFORE_BY_DAY: Final = "from=2026-09-30T12:00:00Z&to=2026-10-04T06:00:00Z"
WINDOWS: Final = {
    "hourly": (BY_HOUR, BEFORE_BY_HOUR, timedelta(hours=36)),
    "daily": (BY_DAY, BEFORE_BY_DAY, timedelta(days=4)),  # in days, the window is compared with 4 days
}
CHANGING: Final = (
    "totalMessages",
    "deliveryRate",
    "deliveredMessages",
    "failedMessages",
    "pendingMessages",
    "p95LatencyMs",
    "peakTps",
    "refundedMessages",
    "activeAccounts",
)
OF_OPERATOR: Final = ("totalMessages", "deliveryRate", "errorRate", "p95LatencyMs", "peakTps", "totalCost")
OF_BREAKDOWN: Final = ("total", "delivered", "failed", "pending", "deliveryRate", "errorRate")


def _rows(scope: str, name: str, times: int, step: int = 1) -> list[Row]:
    return [
        Row(
            BEGIN + timedelta(hours=hour),
            scope,
            name,
            messages=100 * times + hour,
            delivered=90 * times,
            failed=3 * times + hour % 3,
            segments=120 * times,
            cost=Decimal("1.234567") * times * (hour + 1),
            peak=7 + times + hour % 5,
            samples=range(100, 100 + 20 * (times + hour % 4), 20),
            costs={"AFN": Decimal("70.5") * times},
            refunded=hour % 2,
        )
        for hour in range(0, HOURS, step)
    ]


@pytest.fixture(scope="module")
async def site(pool: Pool, opened: Store) -> AsyncIterator[httpx.AsyncClient]:
    await opened.empty()
    operators = [row for n in range(1, OPERATORS + 1) for row in _rows("OPERATOR", f"op-{n}", n, step=6)]
    accounts = [*_rows("ACCOUNT", "acc-1", 1)[:80], *_rows("ACCOUNT", "acc-2", 1)[50:]]
    await opened.put([*_rows("PLATFORM", "platform", 500), *operators, *accounts], BEGIN + timedelta(hours=HOURS))
    async with open_site(pool) as client:
        yield client


async def answer(site: httpx.AsyncClient, report: str, query: str) -> Any:
    response = await site.get(f"{REPORTS}/{report}?{query}", headers={**ADMIN, "Accept": "application/json"})
    assert response.status_code == 200, response.text
    return response.json()


async def test_totals_equal_the_apis_in_both_periods(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?{BY_HOUR}", ADMIN)
    now, before = await answer(site, "summary", BY_HOUR), await answer(site, "summary", BEFORE_BY_HOUR)
    assert now["activeAccounts"] == 2
    for field in CHANGING:
        assert shown.values["totals", "", field] == as_text(now[field])
    changes = [Decimal(value) for _, name, value in shown.attributes if name == "data-change"]
    assert changes == [Decimal(str(now[field])) - Decimal(str(before[field])) for field in CHANGING]
    costs = {currency: {"cost": amount} for currency, amount in now["costsByCurrency"].items()}
    assert shown.rows("table-costs") == costs
    assert set(costs) == {"USD", "AFN"}


@pytest.mark.parametrize("granularity", WINDOWS)
async def test_charts_have_the_series(site: httpx.AsyncClient, granularity: str) -> None:
    query, query_before, length = WINDOWS[granularity]
    shown = await page(site, f"{PATH}?{query}", ADMIN)
    series = (await answer(site, "summary", f"{query}&granularity={granularity}"))["series"]
    fields = {"delivered": "deliveredMessages", "failed": "failedMessages", "pending": "pendingMessages"}
    assert shown.rows("messages-over-time") == {
        point["time"]: {name: as_text(point[field]) for name, field in fields.items()} for point in series
    }
    before = (await answer(site, "summary", f"{query_before}&granularity={granularity}"))["series"]
    rates = with_before(series, before, {"delivery rate": "deliveryRate"}, length)
    assert shown.rows("rate-over-time") == rates
    drawn = {value for tag, name, value in shown.attributes if (tag, name) == ("rect", "data-value")}
    assert drawn >= {as_text(point[field]) for point in series for field in fields.values() if point[field]}
    partial = [point["time"] for point in series if point["quality"] == "PARTIAL"]
    assert bool(partial) == (granularity == "daily")
    marks = [value for tag, name, value in shown.attributes if (tag, name, value) == ("span", "class", "quality")]
    # All rates are provisional; counts may be partial.
    assert len(marks) == sum(map(len, rates.values())) + 3 * len(partial)


async def test_top_operators_equal_the_apis(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?{BY_DAY}", ADMIN)
    found = (await answer(site, "top-operators", f"{BY_DAY}&granularity=daily"))["operators"]
    assert [each["operatorId"] for each in found] == [f"op-{OPERATORS - n}" for n in range(5)]
    expected = {each["operatorId"]: {name: as_text(each[name]) for name in OF_OPERATOR} for each in found}
    assert list(shown.rows("table-top").items()) == list(expected.items())
    drawn = [value.split() for _, name, value in shown.attributes if name == "data-values"]
    assert drawn == [[as_text(point["totalMessages"]) for point in each["series"]] for each in found]


async def test_the_breakdown_equals_the_apis(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?{BY_DAY}", ADMIN)
    found = await answer(site, "delivery-breakdown", BY_DAY)
    expected = {
        each["operatorId"]: {name: as_text(each[name]) for name in OF_BREAKDOWN} for each in found["byOperator"]
    }
    assert list(shown.rows("table-breakdown").items()) == list(expected.items())[:LISTED]
    assert f"The API has all {OPERATORS}" in shown.text
    table = [value for tag, name, value in shown.attributes if (tag, name) == ("data", "value")]
    assert table[-3:] == [as_text(found["byStatus"][name]) for name in ("delivered", "failed", "pending")]


async def test_operators_are_linked_with_the_window(site: httpx.AsyncClient) -> None:
    links = (await page(site, f"{PATH}?last=7d&timezone=Asia/Kabul", ADMIN)).links()
    assert "/operators/op-1?last=7d&timezone=Asia/Kabul" not in links  # the window of today has no operators
    links = (await page(site, f"{PATH}?{BY_DAY}&timezone=Asia/Kabul", ADMIN)).links()
    linked = [link for link in links if link.startswith(f"/operators/op-{OPERATORS}?")]
    assert len(linked) == 2
    assert all("from=2026-10-04" in link and "timezone=Asia/Kabul" in link for link in linked)


@pytest.mark.parametrize("caller", [FINANCE, tenant("t-1")], ids=["finance", "tenant"])
@pytest.mark.parametrize("path", [PATH, f"{PATH}/live"])
async def test_only_administrators_may_see_it(site: httpx.AsyncClient, path: str, caller: Mapping[str, str]) -> None:
    accepted = {"Accept": "text/event-stream"} if path != PATH else {}
    assert (await site.get(path, headers={**caller, **accepted})).status_code == 403


async def test_live_figures_follow_the_counts(
    pool: Pool, site: httpx.AsyncClient, opened: Store, visit: Visiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "EVERY", 0.2)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    async with serve_site(pool, NOWHERE) as url:
        shown = (await visit(f"{url}{PATH}?{BY_DAY}", View(headers=ADMIN))).page
        await shown.locator("[data-live-value=messages][data-value='0']").wait_for()
        await opened.put([Row(hour, "PLATFORM", "platform", messages=4321, delivered=1)], hour)
        await shown.locator("[data-live-value=messages][data-value='4321']").wait_for()
        assert await shown.locator(".live-chart canvas").is_visible()
        await shown.close()  # the server waits for the stream's end


async def test_an_empty_window_says_so(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", ADMIN)
    assert shown.values["totals", "", "totalMessages"] == "0"
    assert "No operator had messages in this window" in shown.text


async def test_without_postgres_each_part_says_so() -> None:
    async with open_pool("postgresql://nobody@127.0.0.1:1/none", size=2) as nowhere, open_site(nowhere) as site:
        shown = await page(site, f"{PATH}?{BY_DAY}", ADMIN, 503)
    assert shown.codes == ["DEPENDENCY_UNAVAILABLE"] * 3
    assert "Live throughput" in shown.text
