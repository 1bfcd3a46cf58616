"""`/explore` shows what the query language answers, to each caller."""

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import httpx
import pyarrow as pa
import pytest

from graph.dsl import execute
from infra.embedded.engine import Engine
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.explore import CALLERS, DAYS, PATH, QUESTIONS, WINDOW, answer, as_query, cells, inputs, key
from tests.graph.support.pages import NOWHERE, PageText, as_text, open_site, page
from tests.graph.support.queries import QUERY, tenant

pytestmark = pytest.mark.anyio


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
    assert rows


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


async def test_the_answer_says_what_was_asked(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?{QUESTIONS['conditions'][0]}&{WINDOW}", ADMIN)
    asked = "messages by lane, direction, only where lane is one of OTP, MARKETING and messages is at least 10"
    assert f"{asked} and deliveryRate is less than 0.9 and errorCode is null" in shown.text


async def test_what_is_counted_twice_is_not_stacked(site: httpx.AsyncClient) -> None:
    """An evaluation of two types is in two rows, so that a stack of them would be too high."""
    for name, drawn in (("compliance", "line-chart"), ("by day", "bar-chart")):
        html = (await site.get(f"{PATH}?{QUESTIONS[name][0]}&{WINDOW}", headers=dict(ADMIN))).text
        first = html.index('id="chart-1"')
        assert drawn in html[first : html.index("</svg>", first)]


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


@pytest.mark.parametrize("caller", [ADMIN, tenant("t-1")], ids=["admin", "tenant"])
async def test_explain_says_how_it_would_run(site: httpx.AsyncClient, caller: Mapping[str, str]) -> None:
    shown = await page(site, f"{PATH}?measure=messages&dimension=accountId&explain=true&{WINDOW}", caller)
    query = {"measures": ["messages"], "dimensions": ["accountId"], "explain": True}
    explained = (await answer(site, as_query(query), caller))["explain"]
    assert explained["table"] in shown.text
    assert all(reason in shown.text for reason in explained["reasons"])
    assert ("answer", "", "estimatedRows") in shown.values or caller is not ADMIN
    assert ("SELECT" in shown.text.upper().split()) == (caller is ADMIN)


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
    marks = re.findall(r'<span class="quality">([^<]*)</span>', response.text)
    assert ["estimated" in each for each in marks] == [True, True, True]
    assert ["partial" in each for each in marks] == [False, False, True]  # the last day is still being counted


async def test_a_wide_answer_has_no_chart_but_says_why(site: httpx.AsyncClient) -> None:
    shown = await page(site, f"{PATH}?measure=messages&granularity=hour&limit=5&{WINDOW}", ADMIN)
    assert not [name for _, name, _ in shown.attributes if name == "data-table"]
    assert "A chart needs all rows on one page" in shown.text
    shown = await page(site, f"{PATH}?measure=messages&granularity=minute&limit=10000&{WINDOW}", ADMIN)
    assert len(shown.rows("table-rows")) == 500
    assert "The table shows 500 of" in shown.text
