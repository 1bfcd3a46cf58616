"""The page of an operator shows what the API answers for it, now and in the period before."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest

from infra.postgres import Pool, open_pool
from tests.graph.support.api import ADMIN, REPORTS
from tests.graph.support.pages import FINANCE, as_text, open_site, page, with_before
from tests.graph.support.queries import tenant
from tests.graph.support.store import Row, Store

pytestmark = pytest.mark.anyio

PATH: Final = "/operators/op-1"
BEGIN: Final = datetime(2026, 10, 1, tzinfo=UTC)
HOURS: Final = 24 * 6
BY_HOUR: Final = "from=2026-10-03T06:00:00Z&to=2026-10-04T18:00:00Z"
BEFORE_BY_HOUR: Final = "from=2026-10-01T18:00:00Z&to=2026-10-03T06:00:00Z"
BY_DAY: Final = "from=2026-10-03T06:00:00Z&to=2026-10-07T00:00:00Z"
BEFORE_BY_DAY: Final = "from=2026-09-29T12:00:00Z&to=2026-10-03T06:00:00Z"
WINDOWS: Final = {
    "hourly": (BY_HOUR, BEFORE_BY_HOUR, timedelta(hours=36)),
    "daily": (BY_DAY, BEFORE_BY_DAY, timedelta(days=4)),  # in days, the window is compared with 4 days
}
FIELDS: Final = (
    "totalMessages",
    "deliveryRate",
    "deliveredMessages",
    "failedMessages",
    "pendingMessages",
    "p95LatencyMs",
    "peakTps",
    "refundedMessages",
    "errorRate",
    "avgLatencyMs",
)
CHARTS: Final = {
    "messages-over-time": {
        "delivered": "deliveredMessages",
        "failed": "failedMessages",
        "pending": "pendingMessages",
    },
    "rate-over-time": {"delivery rate": "deliveryRate"},
    "latency-over-time": {"P95": "p95LatencyMs", "mean": "avgLatencyMs"},
}


def _row(hour: int, name: str, times: int) -> Row:
    return Row(
        BEGIN + timedelta(hours=hour),
        "OPERATOR",
        name,
        messages=100 * times + hour,
        delivered=90 * times,
        failed=3 * times + hour % 3,
        segments=120 * times,
        cost=Decimal("1.234567") * times * (hour + 1),
        peak=7 + times + hour % 5,
        samples=range(100, 100 + 20 * (2 + hour % 4), 20),
        costs={"AFN": Decimal("70.5") * times},
        refunded=hour % 2,
    )


@pytest.fixture(scope="module")
async def site(pool: Pool, opened: Store) -> AsyncIterator[httpx.AsyncClient]:
    await opened.empty()
    rows = [_row(hour, name, times) for hour in range(0, HOURS, 2) for name, times in (("op-1", 1), ("op-2", 7))]
    await opened.put(rows, BEGIN + timedelta(hours=HOURS))
    async with open_site(pool) as client:
        yield client


async def answer(site: httpx.AsyncClient, query: str) -> Any:
    url = f"{REPORTS}/operators/op-1/performance?{query}"
    response = await site.get(url, headers={**ADMIN, "Accept": "application/json"})
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("caller", [ADMIN, FINANCE], ids=["admin", "finance"])
async def test_figures_equal_the_apis_in_both_periods(site: httpx.AsyncClient, caller: Mapping[str, str]) -> None:
    shown = await page(site, f"{PATH}?{BY_HOUR}", caller)
    now, before = await answer(site, BY_HOUR), await answer(site, BEFORE_BY_HOUR)
    for field in FIELDS:
        assert shown.values["totals", "", field] == as_text(now[field])
    changes = [Decimal(value) for _, name, value in shown.attributes if name == "data-change"]
    assert changes == [Decimal(str(now[field])) - Decimal(str(before[field])) for field in FIELDS]
    costs = {currency: {"cost": amount} for currency, amount in now["costsByCurrency"].items()}
    assert shown.rows("table-costs") == costs
    assert set(costs) == {"USD", "AFN"}


@pytest.mark.parametrize("granularity", WINDOWS)
async def test_charts_have_the_series(site: httpx.AsyncClient, granularity: str) -> None:
    query, query_before, length = WINDOWS[granularity]
    shown = await page(site, f"{PATH}?{query}", FINANCE)
    series = (await answer(site, f"{query}&granularity={granularity}"))["series"]
    before = (await answer(site, f"{query_before}&granularity={granularity}"))["series"]
    for chart, fields in CHARTS.items():
        compared = [] if chart == "messages-over-time" else before
        assert shown.rows(chart) == with_before(series, compared, fields, length)


async def test_an_unknown_operator_is_not_found(site: httpx.AsyncClient) -> None:
    shown = await page(site, "/operators/op-none", ADMIN, 404)
    assert shown.codes == ["NOT_FOUND"]
    assert "Nothing is known of this operator." in shown.text


async def test_a_known_operator_without_messages_has_zeros(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", ADMIN)
    assert shown.values["totals", "", "totalMessages"] == "0"
    assert shown.values["totals", "", "deliveryRate"] == "null"
    assert "No values in this window." in shown.text


async def test_hostile_operators_are_refused_or_escaped(site: httpx.AsyncClient) -> None:
    response = await site.get("/operators/%3Cscript%3Ealert(1)%3C%2Fscript%3E", headers=dict(ADMIN))
    assert response.status_code in {400, 404}
    assert "<script>alert" not in response.text


async def test_customers_may_not_see_it(site: httpx.AsyncClient) -> None:
    shown = await page(site, PATH, tenant("t-1"), 403)
    assert shown.codes == ["FORBIDDEN"]
    assert "op-1" not in shown.text


async def test_without_postgres_it_says_so() -> None:
    async with open_pool("postgresql://nobody@127.0.0.1:1/none", size=2) as nowhere, open_site(nowhere) as site:
        assert (await page(site, PATH, ADMIN, 503)).codes == ["DEPENDENCY_UNAVAILABLE"]
