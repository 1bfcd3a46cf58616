"""The pages of usage show what the API answers for the account, and nobody else's."""

import csv
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest

from graph.web.pages.usage import COLUMNS
from infra.postgres import Pool
from tests.graph.support.api import ADMIN, REPORTS
from tests.graph.support.pages import FINANCE, as_text, open_site, page
from tests.graph.support.store import Row, Store

pytestmark = pytest.mark.anyio

BEGIN: Final = datetime(2026, 10, 1, tzinfo=UTC)
WINDOW: Final = "from=2026-10-02T06:00:00Z&to=2026-10-05T00:00:00Z"
OWN: Final = {"X-Caller": "customer-portal", "X-Tenant-Id": "t-1", "X-Account-Id": "acc-1"}
OTHERS: Final = ("acc-2", "t-2")
TOTALS: Final = (
    "messagesSent",
    "messagesDelivered",
    "messagesFailed",
    "deliveryRate",
    "pendingShare",
    "refundedMessages",
    "segments",
    "avgCostPerMessage",
)
BY_DAY: Final = ("sent", "delivered", "failed", "segments", "cost")


def _rows(account: str, times: int) -> list[Row]:
    return [
        Row(
            BEGIN + timedelta(hours=hour),
            "ACCOUNT",
            account,
            messages=100 * times + hour,
            delivered=90 * times,
            failed=5 * times + hour % 3,
            segments=120 * times + hour,
            cost=Decimal("1.234567") * times * (hour + 1),
            costs={"AFN": Decimal("70.5") * times},
            refunded=hour % 2,
        )
        for hour in range(96)
    ]


@pytest.fixture(scope="module")
async def site(pool: Pool, opened: Store) -> AsyncIterator[httpx.AsyncClient]:
    await opened.empty()
    await opened.put([*_rows("acc-1", 1), *_rows("acc-2", 7)], BEGIN + timedelta(hours=96))
    async with open_site(pool) as client:
        yield client


async def usage(site: httpx.AsyncClient, caller: Mapping[str, str], query: str, account: str = "acc-1") -> Any:
    """The API's answer for the same window."""
    url = f"{REPORTS}/accounts/{account}/usage?{query}"
    response = await site.get(url, headers={**caller, "Accept": "application/json"})
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize(
    ("path", "caller"),
    [("/usage", OWN), ("/accounts/acc-1", ADMIN), ("/accounts/acc-1", FINANCE), ("/accounts/acc-2", ADMIN)],
    ids=["tenant", "admin", "finance", "another account"],
)
async def test_figures_equal_the_apis(site: httpx.AsyncClient, path: str, caller: Mapping[str, str]) -> None:
    shown = await page(site, f"{path}?{WINDOW}", caller)
    answer = await usage(site, caller, WINDOW, path.removeprefix("/accounts/") if caller is not OWN else "acc-1")
    assert answer["messagesSent"] > 0
    for field in TOTALS:
        assert shown.values["totals", "", field] == as_text(answer[field])
    costs = {currency: {"cost": amount} for currency, amount in answer["costsByCurrency"].items()}
    assert shown.rows("table-costs") == costs
    assert set(costs) == {"USD", "AFN"}
    assert shown.rows("table-days") == {
        day["date"]: {field: as_text(day[field]) for field in BY_DAY} for day in answer["dailyBreakdown"]
    }


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kabul"])
async def test_charts_show_the_tables_values(site: httpx.AsyncClient, zone: str) -> None:
    query = f"from=2026-10-02T06:00&to=2026-10-05T00:00&timezone={zone}".replace(
        "06:00", "06:30" if zone != "UTC" else "06:00"
    )
    html = (await site.get(f"/usage?{query}", headers=OWN)).text
    shown = await page(site, f"/usage?{query}", OWN)
    days = shown.rows("table-days")
    for field in ("delivered", "failed", "cost"):
        for day in days.values():
            assert f'data-value="{day[field]}"' in html
    tables = [value for tag, name, value in shown.attributes if (tag, name) == ("table", "data-table")]
    assert tables == ["cost-by-day", "reports-by-day"]


async def test_changes_are_differences_of_the_apis_answers(site: httpx.AsyncClient) -> None:
    window = "from=2026-10-02T12:00:00Z&to=2026-10-04T00:00:00Z"
    before = "from=2026-10-01T00:00:00Z&to=2026-10-02T12:00:00Z"
    shown = await page(site, f"/usage?{window}", OWN)
    now, then = await usage(site, OWN, window), await usage(site, OWN, before)
    expected = [Decimal(str(now[field])) - Decimal(str(then[field])) for field in ("messagesSent", "deliveryRate")]
    assert [Decimal(v) for _, name, v in shown.attributes if name == "data-change"] == expected


async def test_a_tenant_sees_its_own_account_only(site: httpx.AsyncClient) -> None:
    html = (await site.get(f"/usage?{WINDOW}", headers=OWN)).text
    assert not any(each in html for each in OTHERS)
    assert (await page(site, "/accounts/acc-1", OWN, 403)).codes == ["FORBIDDEN"]
    assert (await page(site, "/usage", ADMIN, 403)).codes == ["FORBIDDEN"]
    without = {name: value for name, value in OWN.items() if name != "X-Account-Id"}
    assert (await page(site, "/usage", without, 403)).codes == ["FORBIDDEN"]
    refused = await site.get("/accounts/acc-1/days.csv", headers={**OWN, "Accept": "text/csv"})
    assert refused.status_code == 403


async def test_the_download_has_the_days(site: httpx.AsyncClient) -> None:
    for path, caller in ((f"/usage/days.csv?{WINDOW}", OWN), (f"/accounts/acc-1/days.csv?{WINDOW}", ADMIN)):
        response = await site.get(path, headers={**caller, "Accept": "text/csv"})
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/csv")
        head, *rows = csv.reader(response.text.splitlines())
        assert tuple(head) == COLUMNS
        days = (await usage(site, OWN, WINDOW))["dailyBreakdown"]
        assert rows == [[as_text({**day, "currency": "USD"}[name]) for name in COLUMNS] for day in days]


async def test_hostile_accounts_are_refused_or_escaped(site: httpx.AsyncClient) -> None:
    response = await site.get("/accounts/%3Cscript%3Ealert(1)%3C%2Fscript%3E", headers=dict(ADMIN))
    assert response.status_code in {400, 404}
    assert "<script>alert" not in response.text


async def test_an_account_without_messages_has_zeros(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"/accounts/acc-none?{WINDOW}", ADMIN)
    assert shown.values["totals", "", "messagesSent"] == "0"
    assert shown.values["totals", "", "deliveryRate"] == "null"
