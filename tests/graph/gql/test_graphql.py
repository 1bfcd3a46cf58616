"""GraphQL gives the answers of REST, for any selection."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from graph.gql.schema import SCHEMA
from tests.graph.support.api import Api
from tests.graph.support.rows import random_rows
from tests.graph.support.store import BREAK, DAY, HOUR, REPAIR, Row, Store, hours, iso

pytestmark = pytest.mark.anyio

START = datetime(2026, 9, 27, tzinfo=UTC)
WINDOW = {"from": iso(START + 5 * HOUR), "to": iso(START + 2 * DAY)}
TIMES = {"from_": WINDOW["from"], "to": WINDOW["to"]}
ARGUMENTS = f'from: "{WINDOW["from"]}", to: "{WINDOW["to"]}"'


@pytest.fixture(scope="module")
async def rows(opened: Store) -> Sequence[Row]:
    made = random_rows(Random(3), hours(START, START + 3 * DAY), density=0.5)
    await opened.put(made, START + 3 * DAY)
    return made


def everything(type_name: str) -> str:
    """A selection of all fields of a type, at all depths."""
    type_ = SCHEMA.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    selected = []
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        selected.append(f"{name} {everything(inner.name)}" if isinstance(inner, GraphQLObjectType) else name)
    return f"{{ {' '.join(selected)} }}"


@pytest.mark.parametrize(
    ("field", "arguments", "type_name", "path", "parameters"),
    [
        ("summary", "granularity: DAILY", "Summary", "summary", {"granularity": "daily"}),
        ("summary", "", "Summary", "summary", {}),
        ("operator", 'id: "op:3"', "OperatorPerformance", "operators/op:3/performance", {}),
        ("account", 'id: "acc-4"', "AccountUsage", "accounts/acc-4/usage", {}),
        ("throughput", "", "Throughput", "throughput", {}),
        ("throughput", "resolution: FIVE_MINUTES", "Throughput", "throughput", {"resolution": "5m"}),
        ("throughput", "resolution: ONE_MINUTE", "Throughput", "throughput", {"resolution": "1m"}),
        ("throughput", 'operatorId: "op-1"', "Throughput", "throughput", {"operatorId": "op-1"}),
        ("throughput", 'accountId: "acc-1"', "Throughput", "throughput", {"accountId": "acc-1"}),
        ("deliveryBreakdown", "", "DeliveryBreakdown", "delivery-breakdown", {}),
        (
            "topOperators",
            "limit: 2, granularity: DAILY",
            "TopOperators",
            "top-operators",
            {"limit": "2", "granularity": "daily"},
        ),
    ],
)
async def test_every_field_equals_that_of_rest(
    api: Api, rows: Sequence[Row], field: str, arguments: str, type_name: str, path: str, parameters: dict[str, str]
) -> None:
    rest = await api.report(path, **TIMES, **parameters)
    query = f"{{ {field}({arguments} {ARGUMENTS}) {everything(type_name)} }}"
    assert (await api.fields(query))[field] == rest


@pytest.mark.parametrize(
    ("field", "path"),
    [("summary(%s)", "summary"), ('operator(id: "op:3", %s)', "operators/op:3/performance")],
)
async def test_sums_are_the_same_when_no_series_is_selected(
    api: Api, rows: Sequence[Row], field: str, path: str
) -> None:
    """Without a series, sums are read by days."""
    names = "totalMessages deliveredMessages deliveryRate totalCost costsByCurrency peakTps avgLatencyMs p95LatencyMs"
    expected = await api.report(path, **TIMES)
    (found,) = (await api.fields(f"{{ {field % ARGUMENTS} {{ {names} dataAsOf }} }}")).values()
    assert found == {name: expected[name] for name in [*names.split(), "dataAsOf"]}


async def test_an_answer_has_the_order_of_its_selection(api: Api, rows: Sequence[Row]) -> None:
    query = f"""
        query Named($full: Boolean!, $bare: Boolean!) {{
            first: summary({ARGUMENTS}, granularity: DAILY) {{
                __typename
                ...Counts
                points: series {{ at: time n: totalMessages __typename }}
                ... on Summary @include(if: $full) {{ window {{ to }} }}
                totalCost @skip(if: $bare)
                totalMessages
            }}
        }}
        fragment Counts on Summary {{ total: totalMessages totalMessages window {{ from }} }}
    """
    rest = await api.report("summary", **TIMES, granularity="daily")
    found = (await api.fields(query, full=True, bare=False))["first"]
    assert list(found) == ["__typename", "total", "totalMessages", "window", "points", "totalCost"]
    assert found["window"] == rest["window"]
    assert found["total"] == found["totalMessages"] == rest["totalMessages"]
    assert found["points"] == [
        {"at": point["time"], "n": point["totalMessages"], "__typename": "Point"} for point in rest["series"]
    ]
    found = (await api.fields(query, full=False, bare=True))["first"]
    assert list(found) == ["__typename", "total", "totalMessages", "window", "points"]
    assert found["window"] == {"from": rest["window"]["from"]}


async def test_one_document_is_answered_for_each_variable(api: Api, rows: Sequence[Row]) -> None:
    query = (
        "query($from: DateTime, $to: DateTime, $id: ID!) { account(id: $id, from: $from, to: $to) { messagesSent } }"
    )
    for account in ("acc-1", "acc-2", "acc-1"):
        rest = await api.report(f"accounts/{account}/usage", **TIMES)
        found = await api.fields(query, id=account, **WINDOW)
        assert found == {"account": {"messagesSent": rest["messagesSent"]}}


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("{", "INVALID_QUERY", "Syntax Error"),
        ("{ nothing }", "INVALID_QUERY", "Cannot query field"),
        ("{ summary }", "INVALID_QUERY", "must have a selection"),
        ("mutation { a }", "INVALID_QUERY", "mutation"),
        ("subscription { a }", "INVALID_QUERY", "Subscription"),
        ("query A { __typename } query B { __typename }", "INVALID_QUERY", "operation name"),
        ("{ summary(from: 5) { dataAsOf } }", "INVALID_QUERY", "DateTime"),
        ('{ summary(from: "5") { dataAsOf } }', "INVALID_WINDOW", "RFC 3339"),
        (
            '{ summary(from: "2026-10-01T00:00:00Z", to: "2026-10-01T00:00:00Z") { dataAsOf } }',
            "INVALID_WINDOW",
            "later",
        ),
        ("{ summary(granularity: WEEKLY) { dataAsOf } }", "INVALID_QUERY", "WEEKLY"),
        ("{ topOperators(limit: 0) { dataAsOf } }", "INVALID_QUERY", "from 1 to 100"),
        ("{ topOperators(limit: 101) { dataAsOf } }", "INVALID_QUERY", "from 1 to 100"),
        ('{ operator(id: "") { lowSample } }', "INVALID_QUERY", "id must be 1-64 characters"),
        ('{ operator(id: "nobody") { lowSample } }', "NOT_FOUND", "Nothing is known"),
        ('{ throughput(operatorId: "a", accountId: "b") { dataAsOf } }', "INVALID_QUERY", "exclude each other"),
        ('{ throughput(operatorId: "") { dataAsOf } }', "INVALID_QUERY", "operatorId must be 1-64 characters"),
    ],
)
async def test_errors_have_the_codes_of_rest(api: Api, rows: Sequence[Row], query: str, code: str, words: str) -> None:
    response = await api.client.post("/graphql", json={"query": query}, headers={"X-Caller": "admin-dashboard"})
    assert response.status_code == 200
    (error,) = response.json()["errors"]
    assert words in error["message"]
    request_id = response.headers["x-request-id"]
    assert error["extensions"] == {"code": code, "classification": "BAD_REQUEST", "requestId": request_id}


@pytest.mark.parametrize("variables", [{"from": 5}, {"from": ["x"]}, {"from": {}}, {"to": True}])
async def test_variables_of_a_wrong_type_are_the_callers_mistake(api: Api, variables: dict[str, Any]) -> None:
    query = "query($from: DateTime, $to: DateTime) { summary(from: $from, to: $to) { dataAsOf } }"
    answer = await api.ask(query, **variables)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_QUERY"]


async def test_an_internal_error_is_masked(api: Api, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    await store.connection.execute(BREAK)
    try:
        answer = await api.ask("{ summary { dataAsOf } }")
    finally:
        await store.connection.execute(REPAIR)
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["classification"]) == ("INTERNAL", "INTERNAL_SERVER_ERROR")
    assert "division" not in str(answer)
    assert "division by zero" in capsys.readouterr().out
