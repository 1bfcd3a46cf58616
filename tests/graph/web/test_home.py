"""The first page says how fresh the figures are, as the API does, and where everything else is."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from graph.web.routes import LINKS
from infra.postgres import Pool, open_pool
from tests.graph.support.api import ADMIN
from tests.graph.support.pages import FINANCE, as_text, open_site, page
from tests.graph.support.queries import tenant
from tests.graph.support.store import Store

pytestmark = pytest.mark.anyio

FRESHNESS = "{ freshness { dataAsOf completeUntil projections { projection dataAsOf completeUntil lagSeconds } } }"
NEWEST = datetime(2026, 10, 3, 4, 5, 6, tzinfo=UTC)


async def freshness(site: httpx.AsyncClient) -> Any:
    headers = {**ADMIN, "Accept": "application/json"}
    return (await site.post("/graphql", json={"query": FRESHNESS}, headers=headers)).json()["data"]["freshness"]


@pytest.mark.parametrize("caller", [ADMIN, FINANCE, tenant("t-1")], ids=["admin", "finance", "tenant"])
async def test_freshness_equals_the_apis(pool: Pool, store: Store, caller: dict[str, str]) -> None:
    await pool.execute("insert into anlyt.data_as_of values ('billing_metrics', $1)", NEWEST)
    async with open_site(pool) as site:
        answer = await freshness(site)
        shown = await page(site, "/", caller)
    assert answer["dataAsOf"] is not None
    rows = dict(shown.rows("freshness"))
    assert rows.pop("") == {name: as_text(answer[name]) for name in ("dataAsOf", "completeUntil")}
    assert rows == {
        each.pop("projection"): {name: as_text(value) for name, value in each.items()} for each in answer["projections"]
    }


async def test_without_events_the_page_says_what_to_do(pool: Pool, store: Store) -> None:
    async with open_site(pool) as site:
        shown = await page(site, "/", ADMIN)
    assert "Nothing is counted yet" in shown.text
    assert shown.rows("freshness")[""] == {"dataAsOf": "null", "completeUntil": "null"}


async def test_without_postgres_the_page_shows_all_else(pool: Pool) -> None:
    async with open_pool("postgresql://nobody@127.0.0.1:1/none", size=2) as nowhere, open_site(nowhere) as site:
        shown = await page(site, "/", ADMIN, 503)
    assert shown.codes == ["DEPENDENCY_UNAVAILABLE"]
    assert "/insights/mno-quality" in shown.links()
    assert "/openapi.json" in shown.links()


@pytest.mark.parametrize("development", [False, True])
async def test_links_lead_to_what_is_served(pool: Pool, development: bool) -> None:
    async with open_site(pool, development=development) as site:
        links = {*(await page(site, "/", ADMIN)).links()} & {each.path for each in LINKS}
        for link in links:
            assert (await site.get(link, headers=dict(ADMIN))).status_code == 200
    assert ("/graphql" in links) == development
    assert "/openapi.json" in links
