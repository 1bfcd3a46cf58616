"""`/explore` shows what the query language answers, to each caller, and gives the same question as code."""

import asyncio
import io
import json
import re
import shlex
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from html import unescape
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pyarrow as pa
import pytest

from graph.app import create_app
from graph.dsl import execute
from graph.http.server import serving
from infra.clickhouse import open_clickhouse
from infra.embedded.engine import Engine
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.insights import RECORDS, REPORTS
from tests.graph.support.pages import FINANCE, HTML, NOWHERE, PageText, as_text, open_site, page
from tests.graph.support.queries import MNOS, QUERY, TENANTS, fill, tenant
from tests.support.browser import Visiting
from tools.browser import View

pytestmark = pytest.mark.anyio

PATH: Final = "/explore"
DAYS: Final = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-04T00:00:00Z"}
WINDOW: Final = urlencode(DAYS)
CALLERS: Final = {"admin": ADMIN, "finance": FINANCE, "t-1": tenant("t-1"), "t-2": tenant("t-2")}
HOSTILE: Final = "'\"><script>alert(1)</script>$(id)`id`\\\u202e\U0001f600{{7*7}}\x00"
FORBIDDEN_DIMENSIONS: Final = ("tenantId", "operatorId", "destinationPrefix")

# A question's parameters, and the same query as JSON.
QUESTIONS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "by day": (
        "dataset=dlr&measure=messages&measure=deliveryRate&measure=p95LatencyMs&dimension=mno&granularity=day",
        {"measures": ["messages", "deliveryRate", "p95LatencyMs"], "dimensions": ["mno"], "granularity": "day"},
    ),
    "by hour in a zone": (
        "dataset=dlr&measure=messages,failed&granularity=hour&timezone=Asia%2FKabul&sort=messages&direction=desc",
        {
            "measures": ["messages", "failed"],
            "granularity": "hour",
            "timezone": "Asia/Kabul",
            "orderBy": [{"field": "messages", "direction": "desc"}],
        },
    ),
    "ranking": (
        "dataset=dlr&measure=errorRate&dimension=errorCode&sort=errorRate&direction=desc&limit=5&totals=true",
        {
            "measures": ["errorRate"],
            "dimensions": ["errorCode"],
            "orderBy": [{"field": "errorRate", "direction": "desc"}],
            "limit": 5,
            "totals": True,
        },
    ),
    "conditions": (
        "dataset=dlr&measure=messages&dimension=lane,direction&field1=lane&op1=in&value1=OTP,+MARKETING"
        "&field3=messages&op3=gte&value3=10&field4=deliveryRate&op4=lt&value4=0.9&field5=errorCode&op5=isNull&value5=",
        {
            "measures": ["messages"],
            "dimensions": ["lane", "direction"],
            "filter": {
                "and": [
                    {"field": "lane", "op": "in", "value": ["OTP", "MARKETING"]},
                    {"field": "errorCode", "op": "isNull"},
                ]
            },
            "having": {
                "and": [
                    {"field": "messages", "op": "gte", "value": 10},
                    {"field": "deliveryRate", "op": "lt", "value": 0.9},
                ]
            },
        },
    ),
    "money": (
        "dataset=cdr&measure=records,cost,costPerDelivered&dimension=currency&granularity=day&compareTo=previousPeriod",
        {
            "dataset": "cdr",
            "measures": ["records", "cost", "costPerDelivered"],
            "dimensions": ["currency"],
            "granularity": "day",
            "compareTo": "previousPeriod",
        },
    ),
    "compliance": (
        "dataset=compliance&measure=evaluations&dimension=ruleType&granularity=day",
        {"dataset": "compliance", "measures": ["evaluations"], "dimensions": ["ruleType"], "granularity": "day"},
    ),
}


def as_query(short: Mapping[str, Any]) -> Mapping[str, Any]:
    """A query of DAYS in JSON."""
    time = {**DAYS, **{name: short[name] for name in ("granularity", "timezone") if name in short}}
    others = {name: value for name, value in short.items() if name not in time}
    return {"dataset": "dlr", "limit": 100, "time": time, **others}


@pytest.fixture(scope="module")
async def url(pool: Pool, clickhouse: Engine) -> AsyncIterator[str]:
    """The address of an API with facts of three tenants."""
    await fill(clickhouse.dsn, facts_dlr=REPORTS, facts_cdr=RECORDS)
    async with open_clickhouse(clickhouse.dsn, statement_timeout=30) as connected:
        app = create_app(read_settings({}), pool, {}, clickhouse=connected, development=True)
        async with serving(app, "127.0.0.1", 0) as served:
            yield served


@pytest.fixture(scope="module")
async def site(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, headers=HTML) as client:
        yield client


async def answer(site: httpx.AsyncClient, query: Mapping[str, Any], caller: Mapping[str, str]) -> Any:
    """REST's answer."""
    response = await site.post(QUERY, json=query, headers={**caller, "Accept": "application/json"})
    assert response.status_code == 200, response.text
    return response.json()


def cells(row: Mapping[str, Any]) -> Mapping[str, str]:
    """A row of the API as the page's table has it: every column, and those of the period before."""
    before = row.get("previous") or {}
    own = {name: as_text(value) for name, value in row.items() if name != "previous"}
    return {**own, **{f"previous.{name}": as_text(value) for name, value in before.items()}}


def key(row: Mapping[str, Any], question: Mapping[str, Any]) -> str:
    names = ["time"] if "granularity" in question else []
    return " ".join(str(row[name]) for name in (*names, *question.get("dimensions", ())))


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("caller", CALLERS.values(), ids=CALLERS)
async def test_figures_equal_the_apis(site: httpx.AsyncClient, name: str, caller: Mapping[str, str]) -> None:
    parameters, question = QUESTIONS[name]
    shown = await page(site, f"{PATH}?{parameters}&{WINDOW}", caller)
    found = await answer(site, as_query(question), caller)
    rows = dict(shown.rows("table-rows"))
    totals = rows.pop("totals", {})
    assert rows == {key(row, question): cells(row) for row in found["data"]}
    assert list(rows) == [key(row, question) for row in found["data"]]
    assert totals == {name: as_text(value) for name, value in (found["totals"] or {}).items()}
    assert rows or name == "compliance"


@pytest.mark.parametrize("caller", CALLERS.values(), ids=CALLERS)
async def test_charts_have_the_tables_values(site: httpx.AsyncClient, caller: Mapping[str, str]) -> None:
    parameters, _ = QUESTIONS["by day"]
    shown = await page(site, f"{PATH}?{parameters}&{WINDOW}", caller)
    table = shown.rows("table-rows")
    for number, measure in enumerate(("messages", "deliveryRate", "p95LatencyMs"), start=1):
        drawn = shown.rows(f"chart-{number}")
        expected: dict[str, dict[str, str]] = {}
        for row in table.values():
            if row[measure] != "null":
                expected.setdefault(row["time"], {})[row["mno"]] = row[measure]
        assert drawn == expected


async def test_a_ranking_has_the_tables_values(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?{QUESTIONS['ranking'][0]}&{WINDOW}", ADMIN)
    rows = [row["errorRate"] for name, row in shown.rows("table-rows").items() if name != "totals"]
    drawn = [value for tag, attribute, value in shown.attributes if (tag, attribute) == ("data", "value")]
    assert drawn == rows


async def test_money_of_two_currencies_is_drawn_apart(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?dataset=cdr&measure=cost&dimension=currency&granularity=day&{WINDOW}", ADMIN)
    tables = [value for _, name, value in shown.attributes if name == "data-table"]
    assert tables == ["chart-1", "chart-2"]
    assert "cost, AFN" in shown.text
    assert "cost, USD" in shown.text


async def test_pages_follow_each_other(site: httpx.AsyncClient) -> None:
    """The link to the next rows keeps the window, so that all pages together are the answer."""
    query = f"measure=messages&dimension=accountId,mno&limit=5&{WINDOW}"
    shown, rows = await page(site, f"{PATH}?{query}", ADMIN), dict[str, Mapping[str, str]]()
    while True:
        rows |= shown.rows("table-rows")
        following = [link for link in shown.links() if link.endswith("#answer") and "after=" in link]
        if not following:
            break
        (link,) = following
        shown = await page(site, link.partition("#")[0], ADMIN)
    question = {"measures": ["messages"], "dimensions": ["accountId", "mno"]}
    whole = await answer(site, as_query(question), ADMIN)
    assert len(whole["data"]) > 10
    assert rows == {key(row, question): cells(row) for row in whole["data"]}


@pytest.mark.parametrize("caller", [ADMIN, tenant("t-1")], ids=["admin", "tenant"])
async def test_downloads_equal_rests(site: httpx.AsyncClient, caller: Mapping[str, str]) -> None:
    parameters, question = QUESTIONS["money"]
    query = as_query(question)
    for name, media_type in (("csv", "text/csv"), ("arrow", "application/vnd.apache.arrow.stream")):
        headers = {**caller, "Accept": media_type}
        ours = await site.get(f"{PATH}/rows.{name}?{parameters}&{WINDOW}&explain=true", headers=headers)
        theirs = await site.post(QUERY, json=query, headers=headers)
        assert ours.status_code == theirs.status_code == 200, ours.text
        assert ours.headers["content-type"] == theirs.headers["content-type"]
        assert f'filename="cdr.{name}"' in ours.headers["content-disposition"]
        if name == "csv":
            assert ours.content == theirs.content
        else:
            tables = [pa.ipc.open_stream(io.BytesIO(each.content)).read_all() for each in (ours, theirs)]
            assert tables[0].equals(tables[1])
            assert len(tables[0]) > 0


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


def inputs(shown: PageText) -> list[list[tuple[str, str]]]:
    """The attributes of each input."""
    found: list[list[tuple[str, str]]] = []
    for tag, name, value in shown.attributes:
        if tag == "input":
            if name == "type":
                found.append([])
            found[-1].append((name, value))
    return found


async def test_a_caller_is_offered_what_it_may_use(site: httpx.AsyncClient) -> None:
    for caller in CALLERS.values():
        shown = await page(site, f"{PATH}?{WINDOW}", caller)
        dimensions = {dict(each)["value"] for each in inputs(shown) if ("name", "dimension") in each}
        options = {value for tag, name, value in shown.attributes if (tag, name) == ("option", "value")}
        is_tenant = caller not in (ADMIN, FINANCE)
        for name in FORBIDDEN_DIMENSIONS:
            assert (name in dimensions, name in options) == (not is_tenant, not is_tenant)
        assert {"mno", "lane"} <= dimensions & options


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


async def test_hostile_parameters_are_escaped(site: httpx.AsyncClient) -> None:
    names = ["dataset", "measure", "dimension", "granularity", "sort", "direction", "limit", "compareTo", "totals"]
    names += ["after", "explain", "from", "timezone", "field1", "op1", "value1", "surprise"]
    for name in names:
        values = {"measure": "messages", "field1": "lane", "op1": "eq", "value1": "x", name: HOSTILE}
        response = await site.get(f"{PATH}?{urlencode(values)}", headers=dict(ADMIN))
        assert response.status_code == (200 if name == "value1" else 400), (name, response.text)
        assert "<script>alert" not in response.text
        assert "49" not in {each.strip() for each in PageText(response.text).texts}


@pytest.mark.parametrize("caller", [ADMIN, tenant("t-1")], ids=["admin", "tenant"])
async def test_explain_says_how_it_would_run(site: httpx.AsyncClient, caller: Mapping[str, str]) -> None:
    shown = await page(site, f"{PATH}?measure=messages&dimension=accountId&explain=true&{WINDOW}", caller)
    query = {"measures": ["messages"], "dimensions": ["accountId"], "explain": True}
    explained = (await answer(site, as_query(query), caller))["explain"]
    assert explained["table"] in shown.text
    assert all(reason in shown.text for reason in explained["reasons"])
    assert ("answer", "", "estimatedRows") in shown.values or caller is not ADMIN
    assert ("SELECT" in shown.text.upper().split()) == (caller is ADMIN)


async def code(site: httpx.AsyncClient, query: str, caller: Mapping[str, str]) -> Mapping[str, str]:
    """The texts of the question as code."""
    html = (await site.get(f"{PATH}?{query}", headers=dict(caller))).text
    return {name: unescape(text) for name, text in re.findall(r'id="code-(\w+)"[^>]*><code>(.*?)</code>', html, re.S)}


async def run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()


CODED: Final = {
    "conditions": QUESTIONS["conditions"][0],
    "hostile": f"measure=messages&dimension=lane&field1=lane&op1=ne&{urlencode({'value1': HOSTILE})}"
    "&field2=deliveryRate&op2=lt&value2=0.99",
}


@pytest.mark.parametrize("query", CODED.values(), ids=CODED)
@pytest.mark.parametrize("caller", [ADMIN, tenant("t-1")], ids=["admin", "tenant"])
async def test_the_code_gets_the_same_rows(site: httpx.AsyncClient, query: str, caller: Mapping[str, str]) -> None:
    texts = await code(site, f"{query}&{WINDOW}", caller)
    shown = (await page(site, f"{PATH}?{query}&{WINDOW}", caller)).rows("table-rows")
    credentials = [part for name, value in caller.items() for part in ("-H", f"{name}: {value}")]
    asked = json.loads(await run("sh", "-c", f"{texts['curl']} {shlex.join(credentials)}"))["data"]
    document = {"query": texts["graphql"]}
    response = await site.post("/graphql", json=document, headers={**caller, "Accept": "application/json"})
    assert "errors" not in response.json(), response.text
    graphql = response.json()["data"]["query"]["data"]
    program = texts["python"].replace("headers = {", f"headers = {{**{dict(caller)!r}, ", 1)
    assert "**" in program
    printed = await run(sys.executable, "-c", program.replace("{**", "{\n  **", 1))
    assert asked
    assert graphql == asked
    assert printed == "".join(f"{row}\n" for row in asked)
    assert list(shown.values()) == [cells(row) for row in asked]
    linked = urlsplit(texts["link"])
    assert (await page(site, f"{linked.path}?{linked.query}", caller)).rows("table-rows") == shown


async def test_away_and_nothing_are_states(site: httpx.AsyncClient, pool: Pool) -> None:
    async with open_site(pool, NOWHERE) as nowhere:
        shown = await page(nowhere, f"{PATH}?{WINDOW}", ADMIN, 503)
        assert shown.codes == ["DEPENDENCY_UNAVAILABLE"]
        assert any(("name", "measure") in each for each in inputs(shown))
    empty = await page(site, f"{PATH}?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", ADMIN)
    assert "No events match" in empty.text
    assert (await page(site, PATH, {"X-Caller": "customer-portal"}, 403)).codes == ["FORBIDDEN"]


async def test_a_question_that_is_too_expensive_says_what_to_shorten(
    site: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "LIMITS", {**execute.LIMITS, "max_rows_to_read": 10})
    query = f"measure=messages&dimension=accountId,mno&limit=7&{WINDOW}"
    for caller in (ADMIN, tenant("t-1")):
        shown = await page(site, f"{PATH}?{query}", caller, 422)
        assert shown.codes == ["QUERY_TOO_EXPENSIVE"]
        ways = [dict(parse_qsl(urlsplit(link).query)) for link in shown.links() if "limit=7" in link]
        kept = {"measure": "messages", "limit": "7"}
        for way in (
            {"dimension": "mno", **DAYS},
            {"dimension": "accountId", **DAYS},
            {"dimension": "accountId,mno", "last": "24h"},
        ):
            assert {**kept, **way} in ways
        assert "limit" in {dict(each).get("name") for each in inputs(shown)}


async def test_an_exhausted_budget_says_how_long_to_wait(pool: Pool, clickhouse: Engine, url: str) -> None:
    settings = replace(read_settings({}), query_rows_per_minute=10)
    async with open_site(pool, clickhouse.dsn, settings=settings) as limited:
        caller = tenant("t-2")
        await page(limited, f"{PATH}?measure=messages&{WINDOW}", caller)
        response = await limited.get(f"{PATH}?measure=messages&{WINDOW}", headers=dict(caller))
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 60
    assert PageText(response.text).codes == ["RATE_LIMITED"]


async def test_an_estimate_looks_like_one(site: httpx.AsyncClient) -> None:
    response = await site.get(f"{PATH}?measure=p95LatencyMs&granularity=day&{WINDOW}", headers=dict(ADMIN))
    assert "p95LatencyMs is estimated by t-digest" in PageText(response.text).text
    assert len(re.findall(r'<span class="quality">[^<]*estimated', response.text)) == 3


async def test_a_wide_answer_has_no_chart_but_says_why(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?measure=messages&granularity=hour&limit=5&{WINDOW}", ADMIN)
    assert not [name for _, name, _ in shown.attributes if name == "data-table"]
    assert "A chart needs all rows on one page" in shown.text
    shown = await page(site, f"{PATH}?measure=messages&granularity=minute&limit=10000&{WINDOW}", ADMIN)
    assert len(shown.rows("table-rows")) == 500
    assert "The table shows 500 of" in shown.text


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
