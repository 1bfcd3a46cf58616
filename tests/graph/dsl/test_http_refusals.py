"""Refusals of queries over HTTP and their messages, explanations, and the freshness of answers."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from graph.dsl import compile as compiling
from graph.dsl import execute, queries
from graph.http.bodies import LONGEST_BODY
from infra.postgres import Pool, open_pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.problems import check_problem
from tests.graph.support.queries import (
    BY_CODE,
    BY_MNO,
    MONEY,
    QUERY,
    REPORTS,
    QueryClient,
    open_query_client,
    tenant,
    window,
)

pytestmark = pytest.mark.anyio

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


async def test_all_problems_are_reported(query_client: QueryClient) -> None:
    query = {"dataset": "dlr", "measures": ["mesages", 5], "time": window(granularity="dya"), "limit": 10_001, "x": 1}
    response = await query_client.post(query, ADMIN)
    check_problem(response, 400, "INVALID_QUERY")
    problems = {problem["path"]: problem for problem in response.json()["problems"]}
    assert problems.keys() == {"$.measures[0]", "$.measures[1]", "$.time.granularity", "$.limit", "$.x"}
    assert problems["$.measures[0]"]["allowed"][0] == "messages"
    assert "day" in problems["$.time.granularity"]["allowed"]
    typed = {**{name: value for name, value in query.items() if name != "x"}, "measures": ["mesages"]}
    (error,) = (await query_client.graphql(typed, ADMIN, "data"))["errors"]
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
    query_client: QueryClient, headers: Mapping[str, str], body: bytes, status: int, code: str
) -> None:
    sent = {**ADMIN, "Content-Type": "application/json", **headers}
    response = await query_client.client.post(QUERY, content=body, headers=sent)
    check_problem(response, status, code)
    assert ("problems" in response.json()) == (status == 400)


@pytest.mark.parametrize("depth", [300, 900, 5000])
@pytest.mark.parametrize("bomb", ['["a"]', '{"not": 1}', '{"a": 1}'])
async def test_depth_bombs(query_client: QueryClient, bomb: str, depth: int) -> None:
    """Covers every place that accepts JSON, in REST and GraphQL: each is refused without an internal error."""
    left, _, right = bomb.partition("1" if "1" in bomb else '"a"')
    nested = left * depth + "1" + right * depth
    comparison = f'{{"field": "lane", "op": "eq", "value": {nested}}}'
    for filter_ in (nested, comparison):
        query = json.dumps({**BY_CODE, "filter": "?"}).replace('"?"', filter_)
        headers = {**ADMIN, "Content-Type": "application/json"}
        check_problem(await query_client.client.post(QUERY, content=query, headers=headers), 400, "INVALID_QUERY")
        document = "query ($input: QueryInput!) { query(input: $input) { data } }"
        body = f'{{"query": "{document}", "variables": {{"input": {query}}}}}'
        answer = (await query_client.client.post("/graphql", content=body, headers=headers)).json()
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"INVALID_QUERY"}


@pytest.mark.parametrize("literal", ["1e400", "9" * 5000, "[" * 80 + "]" * 80, "{a: 1}", "true", "[1.5, null]", "$x"])
async def test_literals_that_are_no_text(query_client: QueryClient, literal: str) -> None:
    time = '{from: "2026-10-01T00:00:00Z", to: "2026-10-02T00:00:00Z"}'
    condition = f'{{field: "lane", op: "eq", value: {literal}}}'
    document = (
        f'{{ query(input: {{dataset: "dlr", measures: ["messages"], time: {time}, filter: {condition}}}) {{ data }} }}'
    )
    answer = (await query_client.client.post("/graphql", json={"query": document}, headers=dict(ADMIN))).json()
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"INVALID_QUERY"}


async def test_undocumented_parameters_are_refused(query_client: QueryClient) -> None:
    check_problem(await query_client.client.get(QUERY, headers=dict(ADMIN)), 405, "METHOD_NOT_ALLOWED")
    response = await query_client.client.post(f"{QUERY}?limit=5", json=BY_CODE, headers=dict(ADMIN))
    assert "limit" in check_problem(response, 400, "INVALID_QUERY")


async def test_explaining_runs_nothing(query_client: QueryClient) -> None:
    query = {**BY_CODE, "explain": True}
    platform = await query_client.ask(query, ADMIN)
    assert platform["data"] == []
    assert platform["explain"]["table"] == "facts_dlr"
    assert platform["explain"]["reasons"]
    assert platform["explain"]["estimatedRows"] > 0
    sql = [statement["sql"] for statement in platform["explain"]["statements"]]
    assert len(sql) == 2
    assert all("facts_dlr" in each and "Asia/Kabul" not in each for each in sql)
    mine = await query_client.ask(query, tenant("t-1"))
    assert mine["explain"] == {**platform["explain"], "statements": None, "estimatedRows": None}


async def test_the_catalogue(query_client: QueryClient) -> None:
    rest = await query_client.client.get("/v1/anlyt/catalog", headers=dict(ADMIN))
    assert rest.status_code == 200
    assert {dataset["name"] for dataset in rest.json()["datasets"]} == {"dlr", "cdr", "compliance"}
    document = "{ catalog { datasets { name meaning measures { name } dimensions { name } } granularities } }"
    catalogue = (await query_client.client.post("/graphql", json={"query": document}, headers=dict(ADMIN))).json()[
        "data"
    ]["catalog"]
    assert catalogue["granularities"] == rest.json()["granularities"]
    assert [each["name"] for each in catalogue["datasets"]] == [each["name"] for each in rest.json()["datasets"]]
    for dataset in rest.json()["datasets"]:
        measures = [measure["name"] for measure in dataset["measures"] if measure["type"] != "money"]
        query = {"dataset": dataset["name"], "measures": measures, "time": window()}
        await query_client.ask(
            {**query, "dimensions": [dimension["name"] for dimension in dataset["dimensions"]][:10]}, ADMIN
        )


async def test_an_exhausted_budget_is_refused_with_the_time_to_wait(pool: Pool, filled: str) -> None:
    settings = replace(read_settings({}), query_rows_per_minute=10)
    async with open_query_client(pool, filled, settings) as query_client:
        await query_client.ask(BY_CODE, tenant("t-1"))
        response = await query_client.post(BY_CODE, tenant("t-1"))
        check_problem(response, 429, "RATE_LIMITED")
        assert int(response.headers["retry-after"]) > 60
        (error,) = (await query_client.graphql(BY_CODE, tenant("t-1"), "data"))["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        await query_client.ask(BY_CODE, tenant("t-2"))
        await query_client.ask(BY_CODE, ADMIN)


async def test_a_refused_sum_of_currencies_is_paid_for(pool: Pool, filled: str) -> None:
    settings, query = replace(read_settings({}), query_rows_per_minute=10), {**MONEY, "dimensions": ["status"]}
    async with open_query_client(pool, filled, settings) as query_client:
        for caller in (tenant("t-3"), ADMIN):
            check_problem(await query_client.post(query, caller), 400, "INVALID_QUERY")
            check_problem(await query_client.post(query, caller), 429, "RATE_LIMITED")


@pytest.mark.parametrize(
    ("limit", "words"),
    [({"max_rows_to_read": 10}, "rows"), ({"max_result_rows": 1}, "rows"), ({"max_memory_usage": 1000}, "memory")],
)
async def test_too_expensive_with_advice_and_without_sql(
    query_client: QueryClient, monkeypatch: pytest.MonkeyPatch, limit: Mapping[str, int], words: str
) -> None:
    monkeypatch.setattr(execute, "LIMITS", {**execute.LIMITS, **limit})
    response = await query_client.post(BY_CODE, tenant("t-1"))
    detail = check_problem(response, 422, "QUERY_TOO_EXPENSIVE")
    assert words in detail
    assert "shorter window" in detail
    for word in ("select", "DB::Exception", "facts_dlr", "tenant_id"):
        assert word not in response.text


async def test_an_internal_error_is_masked(query_client: QueryClient, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = compiling.compile_query

    def compile_query(*arguments: Any) -> compiling.Compiled:
        compiled = broken(*arguments)
        return replace(compiled, rows=replace(compiled.rows, sql="selec secret_column"))

    monkeypatch.setattr(queries, "compile_query", compile_query)
    with capture_logs() as logs:
        response = await query_client.post(BY_CODE, tenant("t-1"))
    check_problem(response, 500, "INTERNAL")
    assert "secret" not in response.text
    assert [line["requestId"] for line in logs] == [response.json()["requestId"]]


async def test_the_platform_needs_no_postgres(filled: str) -> None:
    """Tenants need it: it stores their rights to MNO names."""
    async with open_pool(NOWHERE, size=2) as nowhere, open_query_client(nowhere, filled) as query_client:
        await query_client.ask(BY_MNO, ADMIN)
        check_problem(await query_client.post(BY_MNO, tenant("t-1")), 503, "DEPENDENCY_UNAVAILABLE")
        check_problem(
            await query_client.post({**BY_MNO, "limit": 1}, ADMIN), 503, "DEPENDENCY_UNAVAILABLE"
        )  # has a cursor


@pytest.mark.parametrize(("dimension", "source"), [("errorCode", "facts_dlr"), ("lane", "cube_dlr_daily")])
async def test_data_as_of_is_the_newest_event(query_client: QueryClient, dimension: str, source: str) -> None:
    """It is that of the table that answered, for any query."""
    query = {**BY_CODE, "dimensions": [dimension], "time": window()}
    answer = await query_client.ask({**query, "filter": {"field": "lane", "op": "eq", "value": "NONE"}}, tenant("t-1"))
    assert (answer["data"], answer["meta"]["source"]) == ([], source)
    assert datetime.fromisoformat(answer["meta"]["dataAsOf"]) == max(row["event_time"] for row in REPORTS)
