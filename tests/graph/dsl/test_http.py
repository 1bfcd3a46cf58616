"""The query language over HTTP: all formats, REST and GraphQL give the same rows, page by page."""

import csv
import io
import json
from collections.abc import Mapping
from functools import partial

import pyarrow as pa
import pytest

from graph.dsl import queries
from graph.dsl.compile import compile_query
from tests.graph.support.api import ADMIN
from tests.graph.support.problems import check_problem
from tests.graph.support.queries import (
    BY_CODE,
    COMPARED,
    MONEY,
    Json,
    QueryClient,
    tenant,
    window,
)

pytestmark = pytest.mark.anyio

ARROW = "application/vnd.apache.arrow.stream"
FIELDS = (
    "data totals page { endCursor hasNextPage } meta { source dataAsOf rowCap truncated approximate window { from } }"
)


@pytest.mark.parametrize("query", [BY_CODE, COMPARED, MONEY])
@pytest.mark.parametrize("caller", [ADMIN, tenant("t-3")])
async def test_rows_are_the_same_in_every_format(
    query_client: QueryClient, query: Json, caller: Mapping[str, str]
) -> None:
    answer = await query_client.ask(query, caller)
    flat = [_flat(row) for row in answer["data"]]
    assert len(flat) >= 3

    arrow = await query_client.post(query, caller, ARROW)
    assert arrow.headers["content-type"] == ARROW
    table = pa.ipc.open_stream(arrow.content).read_all()
    assert table.to_pylist() == flat

    text = await query_client.post(query, caller, "text/csv;q=0.9, application/json;q=0.5")
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
async def test_rest_and_graphql_give_the_same_answer(query_client: QueryClient, query: Json) -> None:
    rest = await query_client.ask(query, ADMIN)
    answer = (await query_client.graphql(query, ADMIN, FIELDS))["data"]["query"]
    assert answer["data"] == rest["data"]
    assert answer["totals"] == rest["totals"]
    assert answer["page"] == rest["page"]
    assert answer["meta"].items() <= {**rest["meta"], "window": {"from": rest["meta"]["window"]["from"]}}.items()


async def test_inline_arguments_give_the_same_answer(query_client: QueryClient) -> None:
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
    answer = (await query_client.client.post("/graphql", json={"query": inline}, headers=dict(ADMIN))).json()
    assert answer["data"]["query"]["data"] == (await query_client.ask(rest, ADMIN))["data"] != []


@pytest.mark.parametrize("caller", [ADMIN, tenant("t-2")])
async def test_pages_together_are_the_whole_answer(query_client: QueryClient, caller: Mapping[str, str]) -> None:
    whole = await query_client.ask(BY_CODE, caller)
    rows, after = [], None
    while True:
        page = await query_client.ask({**BY_CODE, "limit": 7, "after": after}, caller)
        rows += page["data"]
        assert page["totals"] == whole["totals"]
        after = page["page"]["endCursor"]
        assert page["page"]["hasNextPage"] == (after is not None) == (len(rows) < len(whole["data"]))
        if after is None:
            break
    assert rows == whole["data"]


async def test_the_row_cap_is_reported(query_client: QueryClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "compile_query", partial(compile_query, row_cap=10))
    first = await query_client.ask({**BY_CODE, "limit": 7}, ADMIN)
    assert (first["page"]["hasNextPage"], first["meta"]["truncated"]) == (True, False)
    last = await query_client.ask({**BY_CODE, "limit": 7, "after": first["page"]["endCursor"]}, ADMIN)
    assert len(last["data"]) == 3
    assert last["page"] == {"endCursor": None, "hasNextPage": False}
    assert (last["meta"]["truncated"], last["meta"]["rowCap"]) == (True, 10)


async def test_a_cursor_belongs_to_one_caller_and_one_query(query_client: QueryClient) -> None:
    query = {**BY_CODE, "limit": 2}
    cursor = (await query_client.ask(query, tenant("t-1")))["page"]["endCursor"]
    await query_client.ask({**query, "after": cursor}, tenant("t-1"))
    await query_client.ask({**query, "after": cursor, "limit": 3}, tenant("t-1"))
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
    for changed, caller in wrong:
        response = await query_client.post(changed, caller)
        check_problem(response, 400, "INVALID_QUERY")
        assert [problem["path"] for problem in response.json()["problems"]] == ["$.after"]
        (error,) = (await query_client.graphql(changed, caller, "data"))["errors"]
        assert (error["extensions"]["code"], error["extensions"]["problems"][0]["path"]) == ("INVALID_QUERY", "$.after")


async def test_absent_objects_are_null(query_client: QueryClient) -> None:
    parts = "explain { table statements { sql } } meta { previousWindow { from } window { from } }"
    (answer,) = (await query_client.graphql(BY_CODE, ADMIN, parts))["data"].values()
    assert answer["explain"] is None
    assert (answer["meta"]["previousWindow"], list(answer["meta"]["window"])) == (None, ["from"])
    explained = {**COMPARED, "explain": True}
    for caller in (ADMIN, tenant("t-1")):
        (answer,) = (await query_client.graphql(explained, caller, parts))["data"].values()
        assert (answer["explain"]["statements"] is None) is (caller is not ADMIN)
        assert answer["meta"]["previousWindow"]["from"]
