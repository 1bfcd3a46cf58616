"""The regulator's page: what the API answers, each view logged, and evidence that the browser itself verifies."""

import inspect
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import asyncpg
import httpx
import pytest
from cryptography import x509
from playwright.async_api import Page as BrowserPage
from playwright.async_api import expect

from graph.audit import verify
from infra.clickhouse import connect
from infra.embedded.certificates import CLIENT, issue
from infra.embedded.engine import Engine
from pipelines.integrity import datasets
from tests.graph.support.pages import PageText, as_text
from tests.support import audit_facts
from tests.support.accessibility import keyboard_problems, violations
from tests.support.browser import visits
from tests.support.integrity_chain import DAY, close_days, day_facts, midnight, open_chain, write
from tests.support.regulator import QUERY, Certificates, audit_listener, make_certificates
from tools.browser import Certificate, View, chromium

pytestmark = pytest.mark.anyio

HOSTILE: Final = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
FIRST: Final = midnight(5)
UNTIL: Final = midnight(2)
WINDOW: Final = f"from={FIRST.isoformat()}&to={UNTIL.isoformat()}".replace("+", "%2B")
HTML: Final = {"Accept": "text/html"}


@dataclass(frozen=True)
class Page:
    """The audit listener, its clients, and its stores."""

    url: str
    client: httpx.AsyncClient
    certificate: Certificate
    postgres: str
    clickhouse: str

    async def html(self, query: str, status: int = 200) -> str:
        response = await self.client.get(f"/?{query}", headers=HTML)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store"
        return response.text

    async def answer(self, **query: Any) -> Any:
        body = {"from": FIRST.isoformat(), "to": UNTIL.isoformat(), **query}
        return (await self.client.post(QUERY, json=body)).json()

    async def accesses(self) -> int:
        connection = await asyncpg.connect(self.postgres)
        try:
            count: int = await connection.fetchval("select count(*) from anlyt.audit_access_log")
        finally:
            await connection.close()
        return count

    async def tamper(self) -> None:
        """Changes one stored fact of t-1, as somebody with access to the store could."""
        async with connect(self.clickhouse) as client:
            await client.command(
                "alter table facts_compliance update lane = 'OTHER' where evaluation_id = 'e-hostile' "
                "settings mutations_sync = 1"
            )


def _browser_certificate(certificates: Certificates, url: str) -> Certificate:
    """Writes a certificate of the regulator for the browser."""
    pair = issue(certificates.authority, CLIENT, [x509.DNSName(CLIENT)])
    own = Certificate(url, certificates.folder / "browser.pem", certificates.folder / "browser.key")
    own.certificate.write_bytes(pair.pem())
    own.key.write_bytes(pair.key_pem())
    return own


@asynccontextmanager
async def open_page(database: str, warehouse: str, nats: str, folder: Path) -> AsyncIterator[Page]:
    """Facts of three closed days behind the listener; some of their texts are hostile."""
    random = Random(15)
    facts = [fact for number in range(3) for fact in day_facts(random, FIRST + number * DAY, 40)]
    finding = {"ruleId": "r-9", "ruleName": HOSTILE, "ruleType": "URL", "action": "BLOCK"}
    facts.append({**facts[0], "key": 7, "tenantId": "t-1", "findings": [finding], "evaluationId": "e-hostile"})
    certificates = make_certificates(folder)
    async with (
        open_chain(database, warehouse, nats) as stores,
        audit_listener(certificates.files, stores.engines) as url,
    ):
        await write(warehouse, facts)
        await write(
            warehouse, [{**audit_facts.evaluation(random, FIRST), "key": 9, "tenantId": "t-1", "stored": FIRST}]
        )
        await close_days(stores)
        own = _browser_certificate(certificates, url)
        async with httpx.AsyncClient(base_url=url, verify=certificates.regulator(), timeout=60) as client:
            yield Page(url, client, own, database, warehouse)


async def test_the_page(
    database: str, warehouse: str, server: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "SETTLING", timedelta(0))
    async with open_page(database, warehouse, server.url, tmp_path) as page:
        await check_facts(page)
        await check_refusals(page)
        await check_downloads(page)
        await check_in_browser(page)


async def check_facts(page: Page) -> None:
    """Page after page shows the facts of the API, exactly, and logs each view."""
    before, shown, url = await page.accesses(), list[Mapping[str, str]](), f"tenantId=t-1&{WINDOW}"
    views = 0
    while url:
        html = await page.html(url)
        text = PageText(html)
        shown += text.rows("table-facts").values()
        views += 1
        assert "<script>alert" not in html
        assert "<img" not in html
        assert not any(other in html for other in audit_facts.TENANTS[1:])
        url = next((link.removeprefix("/?") for link in text.links() if "after=" in link), "")
    assert await page.accesses() == before + views
    facts = (await page.answer(tenantId="t-1", limit=10_000))["data"]
    fields = [name for name in facts[0] if name != "findings"]
    assert [{name: row[name] for name in fields} for row in shown] == [
        {name: as_text(fact[name]) for name in fields} for fact in facts
    ]
    assert len(shown) > 25
    assert HOSTILE in PageText(await page.html(f"tenantId=t-1&{WINDOW}&ruleType=URL")).text.replace("\u00a0", " ")
    blocked = PageText(await page.html(f"tenantId=t-1&{WINDOW}&verdict=BLOCK")).rows("table-facts")
    assert {row["verdict"] for row in blocked.values()} == {"BLOCK"}


async def check_refusals(page: Page) -> None:
    """Wrong values are shown at their fields, and nothing is logged for them."""
    before = await page.accesses()
    for query, field in (
        ("tenantId=%3Cb%3E&last=7d", "tenantId"),
        ("tenantId=t-1&last=7x", "last"),
        ("tenantId=t-1&from=yesterday&to=today", "from"),
        ("tenantId=t-1&last=7d&verdict=MAYBE", "verdict"),
        ("tenantId=t-1&last=7d&dataset=cdr&ruleType=URL", "ruleType"),
        ("tenantId=t-1&last=7d&after=x", "after"),
    ):
        text = PageText(await page.html(query, 400))
        assert ("a", "href", f"#field-{field}") in text.attributes or field == "after", query
        assert "<b>" not in text.text
    for query in ("what=1", "tenantId=t-1&tenantId=t-2"):
        assert "query parameter" in await page.html(query, 400)
    assert "No fact of this tenant" in await page.html(f"tenantId=nobody&{WINDOW}")
    assert (await page.client.get("/", headers={"Accept": "application/json"})).status_code == 406
    assert await page.accesses() == before + 1  # the tenant without facts
    assert "Audit of one tenant" in await page.html("")


async def check_downloads(page: Page) -> None:
    """What the page offers to download verifies without the page."""
    html = PageText(await page.html(f"tenantId=t-1&{WINDOW}&verdict=BLOCK"))
    facts, evidence = (link for link in html.links() if link.startswith("/pages.jsonl"))
    lines = (await page.client.get(facts, headers={"Accept": "*/*"})).text.splitlines()
    rows = [row for line in lines for row in json.loads(line)["data"]]
    assert rows == (await page.answer(tenantId="t-1", limit=10_000, verdict="BLOCK"))["data"]
    pages = [
        json.loads(line) for line in (await page.client.get(evidence, headers={"Accept": "*/*"})).text.splitlines()
    ]
    assert verify.verified(pages).startswith("3 days with facts, ")
    script = await page.client.get("/verify.py", headers={"Accept": "*/*"})
    assert script.text == inspect.getsource(verify)
    refused = await page.client.get("/pages.jsonl?tenantId=t-1&last=7x", headers={"Accept": "*/*"})
    assert refused.status_code == 400


async def check_in_browser(page: Page) -> None:
    """The browser verifies the evidence, finds a changed fact, and the page is usable for everybody."""
    view = View(certificate=page.certificate)
    async with chromium() as browser, visits(browser) as visit:
        for each in (view, replace(view, width=360, scheme="dark")):
            shown = await visit(f"{page.url}/?tenantId=t-1&{WINDOW}", each)
            assert await shown.sideways() <= 0
            assert not [*await violations(shown.page), *await keyboard_problems(shown.page)]
        verdict = await verdict_of(shown.page)
        assert verdict.startswith("Verified here: 3 days with facts, "), verdict
        await page.tamper()
        verdict = await verdict_of(shown.page)
        assert verdict.startswith("NOT VERIFIED: "), verdict
        without = await visit(f"{page.url}/?tenantId=t-1&{WINDOW}", replace(view, javascript=False))
        assert await without.page.locator("#table-facts").is_visible()
        assert not await without.page.locator("button[data-verify]").is_visible()


async def verdict_of(page: BrowserPage) -> str:
    """What the page says after its button was pressed."""
    button = page.get_by_role("button", name="Verify in this browser")
    await button.click()
    await expect(button).to_be_enabled(timeout=60_000)
    return await page.locator("#verdict").inner_text()
