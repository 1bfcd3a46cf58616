"""The query language as callers meet it: one answer in every format and face, and nothing of anybody else's."""

import csv
import io
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # has no type information
import pytest
from structlog.testing import capture_logs

from graph.bodies import LONGEST_BODY
from graph.dsl import compile as compiling
from graph.dsl import execute, queries
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from infra.postgres import Pool, open_pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.problems import check_problem
from tests.graph.support.queries import (
    MNOS,
    QUERY,
    TENANTS,
    Asker,
    Json,
    asking,
    fill,
    put,
    records,
    reports,
    tenant,
    window,
)

pytestmark = pytest.mark.anyio

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"

ARROW = "application/vnd.apache.arrow.stream"
REPORTS = reports(Random(11), 1500)
RECORDS = records(Random(12), 400)
FIELDS = (
    "data totals page { endCursor hasNextPage } meta { source dataAsOf rowCap truncated approximate window { from } }"
)

BY_CODE: Json = {
    "dataset": "dlr",
    "measures": ["messages", "deliveryRate", "avgLatencyMs", "maxTps"],
    "dimensions": ["errorCode", "lane"],
    "time": window(granularity="day", timezone="Asia/Kabul"),
    "limit": 1000,
    "totals": True,
}
COMPARED: Json = {
    **BY_CODE,
    "dimensions": ["status"],
    "time": {"from": "2026-10-02T00:00:00Z", "to": "2026-10-03T12:00:00Z"},
    "compareTo": "previousPeriod",
}
MONEY: Json = {
    "dataset": "cdr",
    "measures": ["records", "cost", "avgCost", "costPerDelivered"],
    "dimensions": ["currency", "status"],
    "time": {"from": "2026-10-01T00:00:00.000001Z", "to": "2026-10-04T00:00:00Z"},
}
BY_MNO: Json = {
    "dataset": "dlr",
    "measures": ["messages"],
    "dimensions": ["mno", "errorCode"],
    "time": window(),
    "limit": 1000,
}


@pytest.fixture(scope="module")
async def filled(clickhouse: Engine) -> str:
    await fill(clickhouse.dsn, facts_dlr=REPORTS, facts_cdr=RECORDS)
    return clickhouse.dsn


@pytest.fixture
async def asker(pool: Pool, filled: str) -> AsyncIterator[Asker]:
    async with asking(pool, filled) as opened:
        yield opened


def counted(by: str, tenant_id: str | None) -> Mapping[Any, int]:
    """Reports by a column, as a tenant (or all) should see them."""
    return Counter(row[by] for row in REPORTS if tenant_id in (None, row["tenant_id"]))


@pytest.mark.parametrize("query", [BY_CODE, COMPARED, MONEY])
@pytest.mark.parametrize("caller", [ADMIN, tenant("t-3")])
async def test_rows_are_the_same_in_every_format(asker: Asker, query: Json, caller: Mapping[str, str]) -> None:
    answer = await asker.ask(query, caller)
    flat = [_flat(row) for row in answer["data"]]
    assert len(flat) >= 3

    arrow = await asker.post(query, caller, ARROW)
    assert arrow.headers["content-type"] == ARROW
    table = pa.ipc.open_stream(arrow.content).read_all()
    assert table.to_pylist() == flat

    text = await asker.post(query, caller, "text/csv;q=0.9, application/json;q=0.5")
    assert text.headers["content-type"].startswith("text/csv")
    header, *lines = csv.reader(io.StringIO(text.text, newline=""))
    assert [dict(zip(header, line, strict=True)) for line in lines] == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in flat
    ]

    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    for beside in (
        metadata,
        {name: text.headers.get(f"x-anlyt-{name}", "null") for name in ("page", "meta", "totals")},
    ):
        assert json.loads(beside["page"]) == answer["page"]
        assert json.loads(beside.get("totals", "null")) == answer["totals"]
        assert {**json.loads(beside["meta"]), "elapsedMs": 0} == {**answer["meta"], "elapsedMs": 0}


def _flat(row: Json) -> Json:
    before = {f"previous.{name}": value for name, value in row.get("previous", {}).items()}
    return {**{name: value for name, value in row.items() if name != "previous"}, **before}


@pytest.mark.parametrize("query", [BY_CODE, COMPARED, MONEY])
async def test_both_faces_give_one_answer(asker: Asker, query: Json) -> None:
    rest = await asker.ask(query, ADMIN)
    told = (await asker.graphql(query, ADMIN, FIELDS))["data"]["query"]
    assert told["data"] == rest["data"]
    assert told["totals"] == rest["totals"]
    assert told["page"] == rest["page"]
    assert told["meta"].items() <= {**rest["meta"], "window": {"from": rest["meta"]["window"]["from"]}}.items()


async def test_inline_arguments_mean_the_same(asker: Asker) -> None:
    inline = """{ query(input: {
        dataset: "dlr", measures: ["messages", "deliveryRate"], dimensions: ["status"],
        time: {from: "2026-10-01T00:00:00Z", to: "2026-10-04T00:00:00Z"}, limit: 5, after: null,
        filter: {and: [{field: "lane", op: "in", value: ["OTP"]}, {not: {field: "status", op: "eq", value: "FAILED"}}]},
        having: {field: "deliveryRate", op: "gte", value: 0.5}, orderBy: [{field: "messages", direction: "desc"}]
    }) { data } }"""
    rest = {
        "dataset": "dlr",
        "measures": ["messages", "deliveryRate"],
        "dimensions": ["status"],
        "time": window(),
        "filter": {
            "and": [
                {"field": "lane", "op": "in", "value": ["OTP"]},
                {"not": {"field": "status", "op": "eq", "value": "FAILED"}},
            ]
        },
        "having": {"field": "deliveryRate", "op": "gte", "value": 0.5},
        "orderBy": [{"field": "messages", "direction": "desc"}],
    }
    answer = (await asker.client.post("/graphql", json={"query": inline}, headers=dict(ADMIN))).json()
    assert answer["data"]["query"]["data"] == (await asker.ask(rest, ADMIN))["data"] != []


@pytest.mark.parametrize("caller", [ADMIN, tenant("t-2")])
async def test_pages_add_up_to_the_whole(asker: Asker, caller: Mapping[str, str]) -> None:
    whole = await asker.ask(BY_CODE, caller)
    rows, after = [], None
    while True:
        page = await asker.ask({**BY_CODE, "limit": 7, "after": after}, caller)
        rows += page["data"]
        assert page["totals"] == whole["totals"]
        after = page["page"]["endCursor"]
        assert page["page"]["hasNextPage"] == (after is not None) == (len(rows) < len(whole["data"]))
        if after is None:
            break
    assert rows == whole["data"]


async def test_the_row_cap_is_told(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    capped = compiling.compile_query
    monkeypatch.setattr(compiling, "ROW_CAP", 10)
    monkeypatch.setattr(queries, "compile_query", lambda *asked: replace(capped(*asked), row_cap=10))
    first = await asker.ask({**BY_CODE, "limit": 7}, ADMIN)
    assert (first["page"]["hasNextPage"], first["meta"]["truncated"]) == (True, False)
    last = await asker.ask({**BY_CODE, "limit": 7, "after": first["page"]["endCursor"]}, ADMIN)
    assert len(last["data"]) == 3
    assert last["page"] == {"endCursor": None, "hasNextPage": False}
    assert (last["meta"]["truncated"], last["meta"]["rowCap"]) == (True, 10)


async def test_a_cursor_is_for_one_caller_and_one_query(asker: Asker) -> None:
    query = {**BY_CODE, "limit": 2}
    cursor = (await asker.ask(query, tenant("t-1")))["page"]["endCursor"]
    await asker.ask({**query, "after": cursor}, tenant("t-1"))
    await asker.ask({**query, "after": cursor, "limit": 3}, tenant("t-1"))
    wrong: list[tuple[Json, Mapping[str, str]]] = [
        ({**query, "after": cursor}, tenant("t-2")),
        ({**query, "after": cursor}, ADMIN),
        ({**query, "after": cursor[:-1] + ("A" if cursor[-1] != "A" else "B")}, tenant("t-1")),
        ({**query, "after": "x" + cursor}, tenant("t-1")),
        ({**query, "after": cursor, "dimensions": ["errorCode"]}, tenant("t-1")),
        ({**query, "after": cursor, "time": window(granularity="day")}, tenant("t-1")),
        ({**query, "after": cursor, "filter": {"field": "lane", "op": "eq", "value": "OTP"}}, tenant("t-1")),
        ({**query, "after": ""}, tenant("t-1")),
    ]
    for asked, caller in wrong:
        response = await asker.post(asked, caller)
        check_problem(response, 400, "INVALID_QUERY")
        assert [problem["path"] for problem in response.json()["problems"]] == ["$.after"]
        (error,) = (await asker.graphql(asked, caller, "data"))["errors"]
        assert (error["extensions"]["code"], error["extensions"]["problems"][0]["path"]) == ("INVALID_QUERY", "$.after")


@pytest.mark.parametrize("name", TENANTS)
async def test_a_tenant_sees_its_own(asker: Asker, name: str) -> None:
    query = {"dataset": "dlr", "measures": ["messages"], "dimensions": ["status"], "time": window(granularity="none")}
    mine = await asker.ask({**query, "dimensions": ["tenantId", "status"], "totals": True}, tenant(name))
    assert {row["status"]: row["messages"] for row in mine["data"]} == counted("status", name)
    assert {row["tenantId"] for row in mine["data"]} == {name}
    assert mine["totals"]["messages"] == sum(counted("status", name).values())
    others = {"field": "tenantId", "op": "ne", "value": name}
    assert (await asker.ask({**query, "filter": others}, tenant(name)))["data"] == []
    everyone = {"or": [others, {"field": "tenantId", "op": "eq", "value": name}]}
    assert (await asker.ask({**query, "filter": everyone}, tenant(name)))["data"] == (
        await asker.ask(query, tenant(name))
    )["data"]


async def test_the_platform_sees_all(asker: Asker) -> None:
    query = {"dataset": "dlr", "measures": ["messages"], "dimensions": ["tenantId"], "time": window()}
    rows = (await asker.ask(query, ADMIN))["data"]
    assert {row["tenantId"]: row["messages"] for row in rows} == counted("tenant_id", None)


@pytest.mark.parametrize("accept", ["application/json", "text/csv", ARROW])
@pytest.mark.parametrize("name", [None, "", "unknown"])
async def test_a_portal_without_a_tenant_sees_nothing(asker: Asker, name: str | None, accept: str) -> None:
    """`unknown` is where facts without a tenant stand, and nobody's."""
    caller = {"X-Caller": "customer-portal", "X-Account-Id": "acc-1"}
    if name is not None:
        caller["X-Tenant-Id"] = name
    check_problem(await asker.post(BY_CODE, caller, accept), 403, "FORBIDDEN")
    (error,) = (await asker.graphql(BY_CODE, caller, "data"))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_nobody_in_particular_asks_nothing(asker: Asker) -> None:
    check_problem(await asker.post(BY_CODE, {}), 401, "UNAUTHENTICATED")
    check_problem(await asker.client.get("/v1/anlyt/catalog"), 401, "UNAUTHENTICATED")


async def test_without_an_addendum_mnos_have_other_names(asker: Asker, pool: Pool) -> None:
    caller = tenant("t-1")
    rows = (await asker.ask({**BY_MNO, "dimensions": ["mno"]}, caller))["data"]
    assert sorted(row["messages"] for row in rows) == sorted(counted("mno", "t-1").values())
    names = {row["mno"] for row in rows}
    assert "unknown" in names
    assert all(name.startswith("MNO-") for name in names - {"unknown"})
    assert not names & {*MNOS, "MNO-?"} - {"unknown"}
    for name in names:
        only = await asker.ask({**BY_MNO, "filter": {"field": "mno", "op": "eq", "value": name}}, caller)
        assert {row["mno"] for row in only["data"]} == {name}
    whole = await asker.client.post(QUERY, json={**BY_MNO, "explain": True}, headers=dict(caller))
    assert "AWCC" not in whole.text


async def test_a_real_name_is_as_unknown_as_any_other(asker: Asker) -> None:
    answers = []
    for name in ("AWCC", "NEVER"):
        asked = {**BY_MNO, "filter": {"field": "mno", "op": "eq", "value": name}}
        response = await asker.post(asked, tenant("t-2"))
        answers.append((response.status_code, response.text.replace(name, "?").split("requestId")[0]))
    if answers[0][0] == 200:
        answers = [(status, json.dumps(json.loads(text)["data"])) for status, text in answers]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("dimension", ["operatorId", "destinationPrefix"])
async def test_what_would_tell_the_mno_needs_an_addendum(asker: Asker, dimension: str) -> None:
    grouped = {**BY_MNO, "dimensions": [dimension]}
    filtered = {**BY_MNO, "filter": {"field": dimension, "op": "eq", "value": "op-1"}}
    for query in (grouped, filtered):
        check_problem(await asker.post(query, tenant("t-2")), 400, "INVALID_QUERY")
        await asker.ask(query, ADMIN)


async def test_an_addendum_shows_names_until_it_is_revoked(asker: Asker, pool: Pool, filled: str) -> None:
    query = {**BY_MNO, "dimensions": ["mno"]}
    before = await asker.ask({**query, "limit": 1}, tenant("t-3"))
    await pool.execute("insert into anlyt.data_share_addenda (tenant_id, valid_from) values ('t-3', now())")
    async with asking(pool, filled) as other:  # a process that does not remember
        named = await other.ask(query, tenant("t-3"))
        assert {row["mno"]: row["messages"] for row in named["data"]} == counted("mno", "t-3")
        await other.ask({**query, "dimensions": ["operatorId"]}, tenant("t-3"))
        old = await other.post({**query, "limit": 1, "after": before["page"]["endCursor"]}, tenant("t-3"))
        check_problem(old, 400, "INVALID_QUERY")
    await pool.execute("update anlyt.data_share_addenda set revoked_at = now() where tenant_id = 't-3'")
    async with asking(pool, filled) as other:
        masked = await other.ask(query, tenant("t-3"))
    assert {row["mno"] for row in masked["data"]} & set(MNOS) == {"unknown"}
    assert masked["data"][0] == before["data"][0]


async def test_an_mno_met_for_the_first_time_gets_a_letter_at_once(asker: Asker, filled: str) -> None:
    late = [
        {**REPORTS[0], "tenant_id": "t-new", "mno": name, "event_key": key} for key, name in enumerate(("X1", "X2"))
    ]
    async with connect(filled) as client:
        await put(client, "facts_dlr", late)
    facts = {**BY_MNO, "dimensions": ["mno", "errorCode"]}
    first = await asker.ask(facts, tenant("t-new"))
    names = [row["mno"] for row in first["data"]]
    assert len(set(names)) == 2
    assert not set(names) & {"MNO-?", "X1", "X2"}
    assert (await asker.ask(facts, tenant("t-new")))["data"] == first["data"]


async def test_money_of_several_currencies_is_not_added_up(asker: Asker) -> None:
    query: Json = {**MONEY, "dimensions": [], "measures": ["cost"]}
    (row,) = (await asker.ask(query, tenant("t-1")))["data"]
    amounts = [record["charge_amount"] for record in RECORDS if record["tenant_id"] == "t-1"]
    assert row["cost"] == f"{sum(amounts):.6f}"
    assert check_problem(await asker.post(query, tenant("t-3")), 400, "INVALID_QUERY").count("currency")
    usd = {"field": "currency", "op": "eq", "value": "USD"}
    assert len((await asker.ask({**query, "filter": usd}, tenant("t-3")))["data"]) == 1


async def test_every_problem_is_told(asker: Asker) -> None:
    query = {"dataset": "dlr", "measures": ["mesages", 5], "time": window(granularity="dya"), "limit": 10_001, "x": 1}
    response = await asker.post(query, ADMIN)
    check_problem(response, 400, "INVALID_QUERY")
    problems = {problem["path"]: problem for problem in response.json()["problems"]}
    assert problems.keys() == {"$.measures[0]", "$.measures[1]", "$.time.granularity", "$.limit", "$.x"}
    assert problems["$.measures[0]"]["allowed"][0] == "messages"
    assert "day" in problems["$.time.granularity"]["allowed"]
    typed = {**{name: value for name, value in query.items() if name != "x"}, "measures": ["mesages"]}
    (error,) = (await asker.graphql(typed, ADMIN, "data"))["errors"]
    paths = {problem["path"] for problem in error["extensions"]["problems"]}
    assert paths == {"$.measures[0]", "$.time.granularity", "$.limit"}


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({}, b"{", 400, "INVALID_QUERY"),
        ({}, b"", 400, "INVALID_QUERY"),
        ({}, b"[]", 400, "INVALID_QUERY"),
        ({}, b'{"dataset": "\xff"}', 400, "INVALID_QUERY"),
        ({}, b'{"dataset": "dlr", "dataset": "cdr"}', 400, "INVALID_QUERY"),
        ({}, b"[" * 100_000, 400, "INVALID_QUERY"),
        ({}, b" " * (LONGEST_BODY + 1), 413, "PAYLOAD_TOO_LARGE"),
        ({"Content-Type": "text/plain"}, b"{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"Content-Type": ""}, b"{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
async def test_bodies_that_are_no_query(
    asker: Asker, headers: Mapping[str, str], body: bytes, status: int, code: str
) -> None:
    sent = {**ADMIN, "Content-Type": "application/json", **headers}
    response = await asker.client.post(QUERY, content=body, headers=sent)
    check_problem(response, status, code)
    assert ("problems" in response.json()) == (status == 400)


@pytest.mark.parametrize("depth", [300, 900, 5000])
@pytest.mark.parametrize("bomb", ['["a"]', '{"not": 1}', '{"a": 1}'])
async def test_depth_bombs(asker: Asker, bomb: str, depth: int) -> None:
    """In every place that takes any JSON, in both faces: refused, and nothing of ours fails."""
    left, _, right = bomb.partition("1" if "1" in bomb else '"a"')
    nested = left * depth + "1" + right * depth
    comparison = f'{{"field": "lane", "op": "eq", "value": {nested}}}'
    for filter_ in (nested, comparison):
        query = json.dumps({**BY_CODE, "filter": "?"}).replace('"?"', filter_)
        headers = {**ADMIN, "Content-Type": "application/json"}
        check_problem(await asker.client.post(QUERY, content=query, headers=headers), 400, "INVALID_QUERY")
        document = "query ($input: QueryInput!) { query(input: $input) { data } }"
        body = f'{{"query": "{document}", "variables": {{"input": {query}}}}}'
        answer = (await asker.client.post("/graphql", content=body, headers=headers)).json()
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"INVALID_QUERY"}


@pytest.mark.parametrize("literal", ["1e400", "9" * 5000, "[" * 80 + "]" * 80, "{a: 1}", "true", "[1.5, null]", "$x"])
async def test_literals_that_are_no_text(asker: Asker, literal: str) -> None:
    time = '{from: "2026-10-01T00:00:00Z", to: "2026-10-02T00:00:00Z"}'
    condition = f'{{field: "lane", op: "eq", value: {literal}}}'
    document = (
        f'{{ query(input: {{dataset: "dlr", measures: ["messages"], time: {time}, filter: {condition}}}) {{ data }} }}'
    )
    answer = (await asker.client.post("/graphql", json={"query": document}, headers=dict(ADMIN))).json()
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"INVALID_QUERY"}


async def test_only_as_documented(asker: Asker) -> None:
    check_problem(await asker.client.get(QUERY, headers=dict(ADMIN)), 405, "METHOD_NOT_ALLOWED")
    response = await asker.client.post(f"{QUERY}?limit=5", json=BY_CODE, headers=dict(ADMIN))
    assert "limit" in check_problem(response, 400, "INVALID_QUERY")


async def test_explaining_runs_nothing(asker: Asker) -> None:
    query = {**BY_CODE, "explain": True}
    platform = await asker.ask(query, ADMIN)
    assert platform["data"] == []
    assert platform["explain"]["table"] == "facts_dlr"
    assert platform["explain"]["reasons"]
    assert platform["explain"]["estimatedRows"] > 0
    sql = [statement["sql"] for statement in platform["explain"]["statements"]]
    assert len(sql) == 2
    assert all("facts_dlr" in each and "Asia/Kabul" not in each for each in sql)
    mine = await asker.ask(query, tenant("t-1"))
    assert mine["explain"] == {
        **platform["explain"],
        "statements": None,
        "estimatedRows": mine["explain"]["estimatedRows"],
    }


async def test_the_catalogue(asker: Asker) -> None:
    rest = await asker.client.get("/v1/anlyt/catalog", headers=dict(ADMIN))
    assert rest.status_code == 200
    assert {dataset["name"] for dataset in rest.json()["datasets"]} == {"dlr", "cdr", "compliance"}
    document = "{ catalog { datasets { name meaning measures { name } dimensions { name } } granularities } }"
    told = (await asker.client.post("/graphql", json={"query": document}, headers=dict(ADMIN))).json()["data"][
        "catalog"
    ]
    assert told["granularities"] == rest.json()["granularities"]
    assert [each["name"] for each in told["datasets"]] == [each["name"] for each in rest.json()["datasets"]]
    for dataset in rest.json()["datasets"]:
        measures = [measure["name"] for measure in dataset["measures"] if measure["type"] != "money"]
        query = {"dataset": dataset["name"], "measures": measures, "time": window()}
        await asker.ask({**query, "dimensions": [dimension["name"] for dimension in dataset["dimensions"]][:10]}, ADMIN)


async def test_who_has_used_up_its_share_comes_back_later(pool: Pool, filled: str) -> None:
    settings = replace(read_settings({}), query_rows_per_minute=10)
    async with asking(pool, filled, settings) as asker:
        await asker.ask(BY_CODE, tenant("t-1"))
        response = await asker.post(BY_CODE, tenant("t-1"))
        check_problem(response, 429, "RATE_LIMITED")
        assert int(response.headers["retry-after"]) > 60
        (error,) = (await asker.graphql(BY_CODE, tenant("t-1"), "data"))["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        await asker.ask(BY_CODE, tenant("t-2"))
        await asker.ask(BY_CODE, ADMIN)


@pytest.mark.parametrize(
    ("limit", "words"),
    [({"max_rows_to_read": 10}, "rows"), ({"max_result_rows": 1}, "rows"), ({"max_memory_usage": 1000}, "memory")],
)
async def test_too_expensive_with_advice_and_without_sql(
    asker: Asker, monkeypatch: pytest.MonkeyPatch, limit: Mapping[str, int], words: str
) -> None:
    monkeypatch.setattr(execute, "LIMITS", {**execute.LIMITS, **limit})
    response = await asker.post(BY_CODE, tenant("t-1"))
    detail = check_problem(response, 422, "QUERY_TOO_EXPENSIVE")
    assert words in detail
    assert "shorter window" in detail
    for word in ("select", "DB::Exception", "facts_dlr", "tenant_id"):
        assert word not in response.text


async def test_what_is_our_mistake_is_masked(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = compiling.compile_query

    def compile_query(*asked: Any) -> compiling.Compiled:
        compiled = broken(*asked)
        return replace(compiled, rows=replace(compiled.rows, sql="select secret_column from facts_dlr"))

    monkeypatch.setattr(queries, "compile_query", compile_query)
    with capture_logs() as logs:
        response = await asker.post(BY_CODE, tenant("t-1"))
    check_problem(response, 500, "INTERNAL")
    assert "secret" not in response.text
    assert [line["requestId"] for line in logs] == [response.json()["requestId"]]


async def test_the_platform_needs_no_postgres(filled: str) -> None:
    """Tenants do: what they may see of MNOs stands there."""
    async with open_pool(NOWHERE, size=2) as nowhere, asking(nowhere, filled) as asker:
        await asker.ask(BY_MNO, ADMIN)
        check_problem(await asker.post(BY_MNO, tenant("t-1")), 503, "DEPENDENCY_UNAVAILABLE")
        check_problem(await asker.post({**BY_MNO, "limit": 1}, ADMIN), 503, "DEPENDENCY_UNAVAILABLE")  # has a cursor


@pytest.mark.parametrize(("dimension", "source"), [("errorCode", "facts_dlr"), ("lane", "cube_dlr_hourly")])
async def test_data_as_of_is_the_newest_event(asker: Asker, dimension: str, source: str) -> None:
    """Of the table that answered, whatever was asked of it."""
    query = {**BY_CODE, "dimensions": [dimension], "time": window()}
    answer = await asker.ask({**query, "filter": {"field": "lane", "op": "eq", "value": "NONE"}}, tenant("t-1"))
    assert (answer["data"], answer["meta"]["source"]) == ([], source)
    assert datetime.fromisoformat(answer["meta"]["dataAsOf"]) == max(row["event_time"] for row in REPORTS)
