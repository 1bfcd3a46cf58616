"""The page of reconciliation shows the comparisons of the API, a page at a time."""

from collections.abc import AsyncIterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest

from graph.web.pages.reconciliation import SHOWN
from infra.postgres import Pool
from tests.graph.support.api import ADMIN
from tests.graph.support.pages import FINANCE, as_text, open_site, page
from tests.graph.support.queries import tenant

pytestmark = pytest.mark.anyio

PATH: Final = "/reconciliation"
FIELDS: Final = ("ours", "theirs", "difference", "ourMessages", "theirMessages")
QUERY: Final = """
query ($day: Date, $status: ReconciliationStatus, $latest: Boolean!) {
  reconciliation(first: 1000, day: $day, status: $status, latest: $latest) {
    edges { node { runId day currency status ours theirs difference ourMessages theirMessages } }
  }
}
"""
FIRST: Final = date(2026, 7, 1)
DAYS: Final = 60


@pytest.fixture(scope="module")
async def site(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    await pool.execute("truncate anlyt.reconciliation_log")
    rows = [
        (
            2 * number + again,
            FIRST + timedelta(days=number),
            currency,
            Decimal(number) + Decimal("0.000001") if number % 7 else None,
            Decimal(number * (1 + (number % 5 == 3) * again)),
            number % 5 == 3 and again,
        )
        for number in range(DAYS)
        for again in (0, 1)
        for currency in ("USD", "AFN")
    ]
    await pool.executemany(
        "insert into anlyt.reconciliation_log "
        "(run_id, day, currency, ours, theirs, difference, divergence, status, our_messages, their_messages) "
        "values ($1, $2, $3, $4::numeric, $5::numeric, coalesce($4::numeric, 0) - $5::numeric, 0, $6, 10, 11)",
        [(*values, "DIVERGED" if differs else "OK") for *values, differs in rows],
    )
    async with open_site(pool) as client:
        yield client


async def answer(site: httpx.AsyncClient, **variables: Any) -> Mapping[str, Mapping[str, str]]:
    """The API's comparisons, as rows of the page's table."""
    body = {"query": QUERY, "variables": variables}
    response = await site.post("/graphql", json=body, headers={**ADMIN, "Accept": "application/json"})
    nodes = [edge["node"] for edge in response.json()["data"]["reconciliation"]["edges"]]
    return {
        f"{node['runId']} {node['day']} {node['currency']}": {name: as_text(node[name]) for name in FIELDS}
        for node in nodes
    }


def figures(rows: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    return {row: {name: fields[name] for name in FIELDS} for row, fields in rows.items()}


@pytest.mark.parametrize("caller", [ADMIN, FINANCE], ids=["admin", "finance"])
async def test_pages_equal_the_apis_list(site: httpx.AsyncClient, caller: Mapping[str, str]) -> None:
    """All pages together are the whole list, in its order; links lead from one to the next."""
    found: dict[str, Mapping[str, str]] = {}
    url: str | None = PATH
    while url:
        shown = await page(site, url, caller)
        rows = figures(shown.rows("table-comparisons"))
        assert len(rows) <= SHOWN
        found.update(rows)
        url = next((link for link in shown.links() if "after=" in link), None)
    expected = await answer(site, latest=True)
    assert list(found.items()) == list(expected.items())
    assert len(found) == 2 * DAYS > SHOWN


async def test_one_day_has_all_of_its_runs(site: httpx.AsyncClient) -> None:
    day = (FIRST + timedelta(days=3)).isoformat()
    shown = await page(site, f"{PATH}?day={day}", FINANCE)
    rows = figures(shown.rows("table-comparisons"))
    assert rows == await answer(site, day=day, latest=False)
    assert len(rows) == 4
    assert f"{PATH}?day={day}" in (await page(site, f"{PATH}?status=DIVERGED", FINANCE)).links()


async def test_a_status_selects(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?status=DIVERGED", FINANCE)
    rows = figures(shown.rows("table-comparisons"))
    assert rows == await answer(site, status="DIVERGED", latest=True)
    assert 0 < len(rows) < 2 * DAYS


async def test_the_chart_has_the_differences(site: httpx.AsyncClient) -> None:
    html = (await site.get(PATH, headers=FINANCE)).text
    shown = await page(site, PATH, FINANCE)
    for fields in shown.rows("table-comparisons").values():
        assert f'data-value="{fields["difference"]}"' in html
    tables = [value for tag, name, value in shown.attributes if (tag, name) == ("table", "data-table")]
    assert tables == ["difference-1", "difference-2"]


@pytest.mark.parametrize("query", ["day=2026-13-01", "status=bad", "after=x", "day=%3Cb%3E"])
async def test_wrong_values_are_refused(site: httpx.AsyncClient, query: str) -> None:
    shown = await page(site, f"{PATH}?{query}", FINANCE, 400)
    assert shown.codes
    assert "<b>" not in shown.text


async def test_a_cursor_belongs_to_its_list(site: httpx.AsyncClient) -> None:
    link = next(link for link in (await page(site, PATH, FINANCE)).links() if "after=" in link)
    await page(site, f"{link}&status=OK", FINANCE, 400)
    await page(site, link, ADMIN, 400)


async def test_customers_may_not_see_it(site: httpx.AsyncClient) -> None:
    assert (await page(site, PATH, tenant("t-1"), 403)).codes == ["FORBIDDEN"]
