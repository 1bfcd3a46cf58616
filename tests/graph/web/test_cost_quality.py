"""The page of cost and quality shows what the API answers: the plot, the table and each network's days."""

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest

from infra.embedded.engine import Engine
from infra.postgres import Pool
from tests.graph.support.api import ADMIN
from tests.graph.support.insights import RECORDS, REPORTS
from tests.graph.support.pages import FINANCE, as_text, open_site, page
from tests.graph.support.queries import fill, tenant

pytestmark = pytest.mark.anyio

PATH: Final = "/insights/cost-quality"
WINDOW: Final = "from=2026-10-02T00:00:00Z&to=2026-10-04T06:00:00Z"
BEFORE: Final = "from=2026-09-29T18:00:00Z&to=2026-10-02T00:00:00Z"
FIELDS: Final = ("costPerDelivered", "deliveryRate", "messages", "delivered", "cost")


@pytest.fixture(scope="module")
async def site(pool: Pool, clickhouse: Engine) -> AsyncIterator[httpx.AsyncClient]:
    await fill(clickhouse.dsn, facts_dlr=REPORTS, facts_cdr=RECORDS)
    async with open_site(pool, clickhouse.dsn) as client:
        yield client


async def answer(site: httpx.AsyncClient, query: str) -> Mapping[tuple[str, str], Any]:
    """The API's answer by network and currency."""
    response = await site.get(f"/v1{PATH}?{query}", headers={**FINANCE, "Accept": "application/json"})
    assert response.status_code == 200, response.text
    return {(each["mno"], each["currency"]): each for each in response.json()["mnos"]}


@pytest.mark.parametrize("caller", [ADMIN, FINANCE], ids=["admin", "finance"])
async def test_figures_equal_the_apis(site: httpx.AsyncClient, caller: Mapping[str, str]) -> None:
    shown = await page(site, f"{PATH}?{WINDOW}", caller)
    found = await answer(site, WINDOW)
    assert len(found) > 3
    assert len({currency for _, currency in found}) > 1
    expected = {" ".join(pair): {name: as_text(each[name]) for name in FIELDS} for pair, each in found.items()}
    assert list(shown.rows("table-networks").items()) == list(expected.items())


async def test_changes_are_differences_of_the_apis_answers(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?{WINDOW}", FINANCE)
    before = await answer(site, BEFORE)
    expected = [
        Decimal(str(each[name])) - Decimal(str(before[pair][name]))
        for pair, each in (await answer(site, WINDOW)).items()
        for name in ("deliveryRate", "messages")
        if each[name] is not None and before.get(pair, {}).get(name) is not None
    ]
    changes = [Decimal(value) for _, name, value in shown.attributes if name == "data-change"]
    assert changes == expected
    assert changes


async def test_the_plot_has_the_tables_values(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?{WINDOW}", FINANCE)
    drawn = {
        name: [value for tag, attribute, value in shown.attributes if (tag, attribute) == ("g", name)]
        for name in ("data-name", "data-x", "data-y", "data-volume")
    }
    bubbles = set(zip(*drawn.values(), strict=True))
    assert bubbles == {
        (mno, each["costPerDelivered"], str(each["deliveryRate"]), str(each["messages"]))
        for (mno, _), each in (await answer(site, WINDOW)).items()
        if each["costPerDelivered"] is not None
    }


async def test_the_days_of_a_network(site: httpx.AsyncClient) -> None:
    found = await answer(site, WINDOW)
    mno = next(iter(found))[0]
    shown = await page(site, f"{PATH}?{WINDOW}&trail={mno}", FINANCE)
    for (name, currency), each in found.items():
        rows = shown.rows(f"table-days-{currency}")
        if name == mno:
            assert rows == {day["date"]: {field: as_text(day[field]) for field in FIELDS} for day in each["days"]}
            drawn = [value for tag, attribute, value in shown.attributes if (tag, attribute) == ("circle", "data-time")]
            assert set(drawn) >= {day["date"] for day in each["days"] if day["costPerDelivered"] is not None}


async def test_customers_may_not_see_it(site: httpx.AsyncClient) -> None:
    assert (await page(site, PATH, tenant("t-1"), 403)).codes == ["FORBIDDEN"]


async def test_a_window_without_records_says_so(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", FINANCE)
    assert "No call detail records in this window" in shown.text
