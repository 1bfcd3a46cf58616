"""What people do with pages in a real Chromium: explanations, windows, personas, live figures, frames."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Final

import pytest
from playwright.async_api import expect
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from graph.http.server import serving
from infra.embedded.engine import Engine
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.insights import RECORDS, REPORTS
from tests.graph.support.pages import PERSONAS
from tests.graph.support.queries import fill, tenant
from tests.graph.support.site import serve_site
from tests.support.accessibility import violations
from tests.support.browser import Visiting, visiting
from tools.browser import Browser, View

pytestmark = pytest.mark.anyio

WINDOW: Final = "?from=2026-10-01T00:00:00Z&to=2026-10-04T00:00:00Z"
COUNTED: Final = """
insert into anlyt.data_as_of values ('billing_metrics', $1) on conflict (projection) do update set newest_event_at = $1
"""
# Where the first two characters of each element are.
SIGN_AND_DIGIT: Final = """(elements) => elements.map(({ firstChild }) => [0, 1].map((at) => {
  const range = document.createRange();
  range.setStart(firstChild, at);
  range.setEnd(firstChild, at + 1);
  return range.getBoundingClientRect().left;
}))"""
QUALITY: Final = f"/insights/mno-quality{WINDOW}"


@pytest.fixture(scope="module")
async def site(pool: Pool, clickhouse: Engine) -> AsyncIterator[str]:
    await fill(clickhouse.dsn, facts_dlr=REPORTS, facts_cdr=RECORDS)
    async with serve_site(pool, clickhouse.dsn) as url:
        yield url


@pytest.mark.parametrize("caller", [ADMIN, tenant("t-2")], ids=["admin", "tenant"])
async def test_without_javascript_a_page_has_the_same_values(
    site: str, visit: Visiting, caller: Mapping[str, str]
) -> None:
    values = "() => [...document.querySelectorAll('main [data-value], main data')].map((each) => each.textContent)"
    with_script, without = [
        (await visit(f"{site}{QUALITY}", View(headers=caller, javascript=javascript))).page
        for javascript in (True, False)
    ]
    shown = await without.evaluate(values)
    assert len(shown) > 30
    assert shown == await with_script.evaluate(values)


@pytest.mark.parametrize("states", [("/", 401), ("/insights/mno-quality?last=x&lane=a%20b", 400)])
async def test_states_are_accessible(site: str, visit: Visiting, states: tuple[str, int]) -> None:
    path, status = states
    headers = {} if status == 401 else tenant("t-2")
    opened = await visit(f"{site}{path}", View(headers=headers, width=360), status=status)
    assert await violations(opened.page) == []
    assert await opened.sideways() == 0


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_word_explains_itself(site: str, browser: Browser, javascript: bool) -> None:
    async with visiting(browser, f"{site}{QUALITY}", View(headers=tenant("t-2"), javascript=javascript)) as opened:
        word = opened.page.get_by_role("button", name="Delivery rate", exact=True)
        meaning = opened.page.get_by_text("delivered / terminal, 4 decimals")
        await expect(meaning).to_be_hidden()
        await word.press("Enter")
        await expect(meaning).to_be_visible()
        await opened.page.keyboard.press("Escape")
        await expect(meaning).to_be_hidden()
        mark = opened.page.get_by_role("button", name="low sample").first
        await mark.click()
        await expect(opened.page.get_by_text("Fewer than 100 terminal delivery reports").first).to_be_visible()


async def test_signs_stay_in_front_from_right_to_left(site: str, visit: Visiting) -> None:
    window = "?from=2026-10-02T00:00:00Z&to=2026-10-03T00:00:00Z"
    view = View(headers=ADMIN, right_to_left=True)
    page = (await visit(f"{site}/insights/mno-quality{window}", view)).page
    lefts: list[list[float]] = await page.locator(".change bdi").evaluate_all(SIGN_AND_DIGIT)
    assert lefts
    assert all(sign < digit for sign, digit in lefts)


async def test_windows_are_addresses(site: str, visit: Visiting) -> None:
    opened = await visit(f"{site}{QUALITY}&timezone=Asia/Kabul&lane=OTP", View(headers=tenant("t-1")))
    page, first = opened.page, opened.page.url
    await page.get_by_role("link", name="90 days").click()
    await page.wait_for_url("**/*last=90d*")
    assert "timezone=Asia/Kabul" in page.url
    assert "lane=OTP" in page.url
    await page.go_back()
    assert page.url == first
    await page.get_by_role("combobox", name="Lane").fill("MARKETING")
    await page.get_by_role("button", name="Filter").click()
    await page.wait_for_url("**/*lane=MARKETING*")
    await expect(page.get_by_role("heading", name="Networks")).to_be_visible()
    await page.get_by_label("From").fill("2026-10-02T04:30")
    await page.get_by_role("button", name="Show").click()
    await page.wait_for_url("**/*from=2026-10-02T04*")
    await expect(page.get_by_text("2 Oct 2026, 04:30").first).to_be_visible()


async def test_freshness_is_read_again(site: str, pool: Pool, browser: Browser) -> None:
    await pool.execute(COUNTED, datetime(2026, 10, 1, tzinfo=UTC))
    async with visiting(browser, f"{site}/", View(headers=ADMIN)) as opened:
        page = opened.page
        await page.clock.install()
        await page.reload()
        await expect(page.get_by_text("1 Oct 2026, 00:00:00").first).to_be_visible()
        await pool.execute(COUNTED, datetime(2026, 10, 2, tzinfo=UTC))
        await page.clock.run_for(5_000)
        await expect(page.get_by_text("2 Oct 2026, 00:00:00").first).to_be_visible()


async def test_a_persona_is_chosen_and_left(pool: Pool, clickhouse: Engine, site: str, visit: Visiting) -> None:
    async with serve_site(pool, clickhouse.dsn, personas=PERSONAS) as development:
        page = (await visit(f"{development}/")).page
        assert await violations(page) == []
        await page.get_by_role("button", name="Tenant", exact=True).click()
        await expect(page.get_by_role("heading", name="How fresh the figures are")).to_be_visible()
        await page.goto(f"{development}{QUALITY}")
        await expect(page.get_by_role("heading", name="Networks")).to_be_visible()
        await page.get_by_label("View as").select_option(label="Administration")
        await page.get_by_role("button", name="Switch").click()
        await expect(page.get_by_role("rowheader", name="AWCC").first).to_be_visible()
        assert page.url == f"{development}{QUALITY}"


@pytest.mark.parametrize("allowed", [False, True])
async def test_only_listed_origins_embed_pages(
    pool: Pool, clickhouse: Engine, site: str, browser: Browser, allowed: bool
) -> None:
    async def embed(scope: Scope, receive: Receive, send: Send) -> None:
        target = Request(scope).query_params["target"]
        page = HTMLResponse(f"<!doctype html><title>Portal</title><iframe src='{target}'></iframe>")
        await page(scope, receive, send)

    async with serving(embed, "127.0.0.1", 0) as portal:
        setting = portal if allowed else "https://another.example"
        settings = read_settings({"ANLYT_FRAME_ANCESTORS": setting})
        async with serve_site(pool, clickhouse.dsn, settings=settings) as embedded:
            url = f"{portal}/?target={embedded}/"
            async with visiting(browser, url, View(headers=ADMIN)) as opened:
                heading = opened.page.frame_locator("iframe").get_by_role("heading", name="Exact analytics")
                await expect(heading).to_have_count(1 if allowed else 0)
                refused = [each for each in opened.complaints if "frame-ancestors" in each]
                assert bool(refused) != allowed
