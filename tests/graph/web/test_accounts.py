"""The page of accounts opens one by its id, and lists those that the API lists."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Final

import httpx
import pytest

from graph.web.pages.accounts import SHOWN
from infra.postgres import Pool
from tests.graph.support.api import ADMIN
from tests.graph.support.pages import FINANCE, open_site, page
from tests.graph.support.queries import tenant
from tests.graph.support.store import Row, Store

pytestmark = pytest.mark.anyio

PATH: Final = "/accounts"
QUERY: Final = "{ accounts(first: 1000) { edges { node { accountId } } } }"


@pytest.fixture(scope="module")
async def site(pool: Pool, opened: Store) -> AsyncIterator[httpx.AsyncClient]:
    await opened.empty()
    hour = datetime(2026, 10, 1, tzinfo=UTC)
    await opened.put([Row(hour, "ACCOUNT", f"acc:{number}.x", messages=1) for number in range(2 * SHOWN + 20)])
    async with open_site(pool) as client:
        yield client


async def test_pages_equal_the_apis_list(site: httpx.AsyncClient) -> None:
    headers = {**ADMIN, "Accept": "application/json"}
    answer = (await site.post("/graphql", json={"query": QUERY}, headers=headers)).json()
    found: list[str] = []
    url: str | None = PATH
    while url:
        links = (await page(site, url, ADMIN)).links()
        found += [link.removeprefix("/accounts/") for link in links if link.startswith("/accounts/")]
        url = next((link for link in links if "after=" in link), None)
    assert found == [edge["node"]["accountId"] for edge in answer["data"]["accounts"]["edges"]]
    assert len(found) == 2 * SHOWN + 20


@pytest.mark.parametrize("caller", [ADMIN, FINANCE], ids=["admin", "finance"])
async def test_an_id_leads_to_its_page(site: httpx.AsyncClient, caller: Mapping[str, str]) -> None:
    response = await site.get(f"{PATH}?id=acc:7.x", headers=dict(caller))
    assert (response.status_code, response.headers["location"]) == (303, "/accounts/acc:7.x")
    assert "content-security-policy" in response.headers


async def test_finance_opens_accounts_without_reading_the_list(site: httpx.AsyncClient) -> None:
    shown = await page(site, PATH, FINANCE)
    assert "acc:7.x" not in shown.text
    assert ("input", "name", "id") in shown.attributes
    assert "for administrators" in shown.text


@pytest.mark.parametrize("value", ["//elsewhere.example", "a/b", "%3Cscript%3Ealert(1)%3C/script%3E", "x" * 65])
async def test_what_is_no_id_is_refused_at_its_field(site: httpx.AsyncClient, value: str) -> None:
    shown = await page(site, f"{PATH}?id={value}", FINANCE, 400)
    assert ("a", "href", "#field-id") in shown.attributes
    assert "script" not in shown.tags[shown.tags.index("main") :]


async def test_customers_may_not_see_it(site: httpx.AsyncClient) -> None:
    for path in (PATH, f"{PATH}?id=acc:7.x"):
        assert (await page(site, path, tenant("t-1"), 403)).codes == ["FORBIDDEN"]
