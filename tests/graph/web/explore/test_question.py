"""The form of `/explore`: what it offers to whom, and where it says what is wrong."""

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from graph.web.format import prose
from infra.postgres import Pool
from tests.graph.support.api import ADMIN
from tests.graph.support.explore import CALLERS, DAYS, HOSTILE, PATH, QUESTIONS, WINDOW, inputs
from tests.graph.support.pages import FINANCE, NOWHERE, PageText, open_site, page
from tests.graph.support.queries import MNOS, TENANTS, tenant
from tests.support.browser import Visiting
from tools.browser import View

pytestmark = pytest.mark.anyio


FORBIDDEN_DIMENSIONS: Final = ("tenantId", "operatorId", "destinationPrefix")

REFUSALS: Final = {
    "dataset=nothing&measure=messages": "dataset",
    "measure=messages,nothing": "measure",
    "dimension=mno": "measure",
    "measure=messages&dimension=nothing": "dimension",
    "measure=messages&dimension=mno,mno": "dimension",
    "measure=messages&granularity=decade": "granularity",
    "measure=messages&sort=mno": "sort",
    "measure=messages&sort=messages&direction=sideways": "direction",
    "measure=messages&limit=many": "limit",
    "measure=messages&limit=0": "limit",
    "measure=messages&limit=10001": "limit",
    "measure=messages&compareTo=lastCentury": "compareTo",
    "measure=messages&compareTo=sameElapsed&last=25h": "compareTo",
    "measure=messages&field2=nothing&op2=eq&value2=x": "field2",
    "measure=messages&field1=mno&value1=a&field6=lane&op6=similar&value6=x": "op6",
    "measure=messages&field1=messages&op1=gt&value1=1&field2=messages&op2=gt&value2=x": "value2",
    "measure=messages&field5=lane&op5=isNull": "op5",
    "measure=messages&explain=maybe": "explain",
    "measure=messages&direction=up": "direction",
    "measure=messages&field4=status&op4=in&value4=FAILED,x": "value4",
    "measure=messages&field3=lane&op3=eq": "value3",
    "measure=messages&value3=x": "field3",
    "measure=messages&last=x": "last",
    "measure=messages&timezone=Mars": "timezone",
    "measure=messages&totals=maybe": "totals",
    "dataset=cdr&measure=cost": "measure",
    "measure=messages&after=x": "",
    "measure=messages&surprise=1": "",
    "measure=messages&sort=time&sort=messages": "",
}


@pytest.mark.parametrize("parameters", REFUSALS)
async def test_a_refusal_is_at_its_field(site: httpx.AsyncClient, parameters: str) -> None:
    name = REFUSALS[parameters]
    own_window = "" if "last=" in parameters else f"&{WINDOW}"
    shown = await page(site, f"{PATH}?{parameters}{own_window}", ADMIN, 400)
    ids = [value for _, attribute, value in shown.attributes if attribute == "id"]
    assert [each for each in ids if each.startswith("problem-")] == ([f"problem-{name}"] if name else [])
    assert "INVALID" in shown.codes
    if name:
        assert f"#field-{name}" in shown.links()
        assert f"field-{name}" in ids
    chosen = dict(parse_qsl(parameters)).get("measure", "").split(",")
    checked = [dict(found) for found in inputs(shown) if ("name", "measure") in found and ("checked", "") in found]
    assert {each["value"] for each in checked} == {each for each in chosen if each}


async def test_hostile_parameters_are_escaped(site: httpx.AsyncClient) -> None:
    names = ["dataset", "measure", "dimension", "granularity", "sort", "direction", "limit", "compareTo", "totals"]
    names += ["after", "explain", "from", "timezone", "field1", "op1", "value1", "surprise"]
    for name in names:
        values = {"measure": "messages", "field1": "lane", "op1": "eq", "value1": "x", name: HOSTILE}
        response = await site.get(f"{PATH}?{urlencode(values)}", headers=dict(ADMIN))
        assert response.status_code == (200 if name == "value1" else 400), (name, response.text)
        assert "<script>alert" not in response.text
        assert "49" not in {each.strip() for each in PageText(response.text).texts}


async def test_a_caller_is_offered_what_it_may_use(site: httpx.AsyncClient) -> None:
    for caller in CALLERS.values():
        shown = await page(site, f"{PATH}?{WINDOW}", caller)
        dimensions = {dict(each)["value"] for each in inputs(shown) if ("name", "dimension") in each}
        options = {value for tag, name, value in shown.attributes if (tag, name) == ("option", "value")}
        is_tenant = caller not in (ADMIN, FINANCE)
        for name in FORBIDDEN_DIMENSIONS:
            assert (name in dimensions, name in options) == (not is_tenant, not is_tenant)
        assert {"mno", "lane"} <= dimensions & options


async def test_the_catalogues_names_and_meanings_are_offered(site: httpx.AsyncClient) -> None:
    catalog = (await site.get("/v1/anlyt/catalog", headers={**ADMIN, "Accept": "application/json"})).json()
    for dataset in catalog["datasets"]:
        html = (await site.get(f"{PATH}?dataset={dataset['name']}&{WINDOW}", headers=dict(ADMIN))).text
        found = [dict(each) for each in inputs(PageText(html))]
        for kind in ("measure", "dimension"):
            known = dataset[f"{kind}s"]
            assert [each["value"] for each in found if each.get("name") == kind] == [each["name"] for each in known]
            assert all(prose(each["meaning"]) in html for each in known)
        assert prose(dataset["meaning"]) in html


async def test_an_addendum_offers_what_reveals_networks(pool: Pool, site: httpx.AsyncClient) -> None:
    await pool.execute("insert into anlyt.data_share_addenda (tenant_id, valid_from) values ('t-3', now())")
    shown = await page(site, f"{PATH}?measure=messages&dimension=operatorId&{WINDOW}", tenant("t-3"))
    assert "op-1" in shown.rows("table-rows")
    offered = {dict(each)["value"] for each in inputs(shown) if ("name", "dimension") in each}
    assert {name: name in offered for name in FORBIDDEN_DIMENSIONS} == {
        "tenantId": False,
        "operatorId": True,
        "destinationPrefix": True,
    }


@pytest.mark.parametrize("name", ["t-1", "t-2"])
async def test_a_tenant_sees_nothing_of_others(site: httpx.AsyncClient, pool: Pool, name: str) -> None:
    queries = [each for each, _ in QUESTIONS.values()] + [
        "measure=messages&dimension=operatorId",
        "measure=messages&dimension=tenantId",
        "measure=messages&explain=true&dimension=mno",
        "measure=nothing",
        "last=x",
    ]
    async with open_site(pool, NOWHERE) as nowhere:
        responses = [
            await client.get(f"{PATH}?{query}{'' if 'last' in query else f'&{WINDOW}'}", headers=dict(tenant(name)))
            for client in (site, nowhere)
            for query in queries
        ]
    assert {response.status_code for response in responses} == {200, 400, 503}
    for response in responses:
        text = f"{response.headers} {response.text}"
        assert not any(re.search(rf"\b{other}\b", text) for other in TENANTS if other != name)
        assert not any(mno in text for mno in MNOS if mno != "unknown")
    refused = PageText(responses[len(QUESTIONS)].text)
    assert "reveals the MNO" in refused.text


async def test_the_keyboard_alone_builds_and_runs_a_question(url: str, visit: Visiting) -> None:
    opened = (await visit(f"{url}{PATH}?{WINDOW}", View(headers=tenant("t-1")))).page
    press = opened.keyboard.press

    async def tab_to(selector: str) -> None:
        for _ in range(150):
            if await opened.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            await press("Tab")
        raise AssertionError(f"Tab does not reach {selector}.")

    await tab_to(".choices-of:nth-of-type(2) > summary")
    await press("Enter")
    await tab_to('input[name="dimension"][value="lane"]')
    await press("Space")
    await tab_to("#field-field1")
    await opened.keyboard.type("dir")
    await tab_to("#field-value1")
    await opened.keyboard.type("MT")
    await press("Tab")
    await tab_to("button.action")
    await press("Enter")
    assert await opened.evaluate("() => document.activeElement.id") == "field-field2"
    await tab_to("#field-granularity")
    await opened.keyboard.type("none")
    await tab_to('#question button[type="submit"]')
    async with opened.expect_navigation():
        await press("Enter")
    asked = dict(parse_qsl(urlsplit(opened.url).query))
    expected = {**DAYS, "dataset": "dlr", "measure": "messages", "dimension": "lane", "granularity": "none"}
    assert asked == {**expected, "field1": "direction", "op1": "eq", "value1": "MT", "direction": "asc", "limit": "100"}
    assert await opened.locator("#table-rows tbody tr").count() == 2
    await opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await opened.locator("#code summary").nth(1).press("Enter")
    await opened.locator(".copied:has(#code-curl) button").press("Enter")
    await opened.locator(".copied:has(#code-curl) button", has_text="Copied").wait_for()
    copied = await opened.evaluate("() => navigator.clipboard.readText()")
    assert copied == await opened.locator("#code-curl").text_content()


async def test_without_javascript_the_form_asks(url: str, visit: Visiting) -> None:
    opened = (await visit(f"{url}{PATH}?{WINDOW}", View(headers=ADMIN, javascript=False))).page
    await opened.locator("summary", has_text="Measures").click()
    await opened.locator('input[value="failed"]').check()
    await opened.locator("summary", has_text="Dimensions").click()
    await opened.locator('input[value="lane"]').check()
    await opened.locator("summary", has_text="More conditions").click()
    await opened.locator("#field-field6").select_option("lane")
    await opened.locator("#field-value6").fill("OTP")
    await opened.locator("#field-granularity").select_option("none")
    async with opened.expect_navigation():
        await opened.locator("#question button.primary").click()
    assert await opened.locator("#table-rows thead .term").all_text_contents() == ["lane", "messages", "failed"]
    assert await opened.locator("#table-rows tbody tr").count() == 1
    link = (await opened.locator("#code-link").text_content() or "").partition("?")[2]
    assert {name for name, _ in parse_qsl(link) if name.startswith("op")} == {"op6"}


async def test_another_window_keeps_what_was_chosen(url: str, visit: Visiting) -> None:
    opened = (await visit(f"{url}{PATH}?{WINDOW}&timezone=Asia/Kabul", View(headers=tenant("t-1")))).page
    await opened.locator("#field-granularity").select_option("none")
    await opened.locator("#field-field1").select_option("lane")
    await opened.locator("#field-value1").fill("OTP")
    await opened.get_by_role("link", name="90 days").click()
    await opened.wait_for_url("**last=90d**")
    chosen = {"granularity": "none", "field1": "lane", "op1": "eq", "value1": "OTP", "timezone": "Asia/Kabul"}
    assert dict(parse_qsl(urlsplit(opened.url).query)).items() >= {**chosen, "last": "90d"}.items()
    await opened.locator("#field-value1").fill("MARKETING")
    await opened.locator("#field-timezone").fill("UTC")
    await opened.get_by_role("button", name="Change").click()
    await opened.wait_for_url("**timezone=UTC**")
    asked = parse_qsl(urlsplit(opened.url).query)
    assert dict(asked).items() >= {**chosen, "value1": "MARKETING", "timezone": "UTC", "last": "90d"}.items()
    assert len(asked) == len(dict(asked))
