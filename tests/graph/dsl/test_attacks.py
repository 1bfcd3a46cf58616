"""No query discloses, counts or sorts by data outside the caller's scope, and no text of a query becomes SQL."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from graph.access import AccountScope, PlatformScope
from graph.access.cursors import PagePosition
from graph.dsl.compile import compile_query
from graph.dsl.parse import parse
from graph.dsl.scope import UNASSIGNED, OneTenant, query_scope, tenant_of
from graph.errors import ForbiddenError, InvalidQueryError
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from schema.catalog import DATASETS
from tests.graph.support import engine_rows
from tests.graph.support.warehouse_facts import Fact, fill, report

pytestmark = pytest.mark.anyio

ALL = {"from": "2020-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}
VICTIM, SECRET = "victim", "secret-lane"
LETTERS = (("AWCC", "MNO-C"), ("ROSHAN", "MNO-A"))
CALLER = OneTenant("caller", None)
MASKED = OneTenant("caller", LETTERS)
HOSTILE = [
    *("'", "' or 1=1 --", "\\", "\\'", "\\N", "`", '"', "\n", "\t", "\r\n", "\0", "\x0b", "\x7f", "%", "%(x)s", "$1"),
    *("{tenant:String}", "{p0:String}", "}", "*", "caller' union all select 1", "null", "NULL", "", " ", "victim"),
    *(
        "😀",
        "ی",
        "\u202e",
        "\ufeff",
        "e\u0301",
        "\U0001d4e5ictim",
        "\uff56ictim",
        "a" * 128,
        "); drop table anlyt.facts_dlr; --",
    ),
]


@pytest.fixture(scope="module")
def data(seed: int) -> Sequence[Fact]:
    """Reports of a caller and of other tenants. The caller has one report per hostile text, as its lane."""
    random = Random(seed)
    at = {"at": datetime(2026, 10, 7, tzinfo=UTC)}
    mine = [{**report(random), **at, "tenantId": "caller", "lane": lane, "mno": "MTN_AF"} for lane in HOSTILE]
    mine += [{**report(random), **at, "tenantId": "caller", "lane": "OTP", "mno": mno} for mno in ("AWCC", "ROSHAN")]
    theirs = [
        {**report(random), **at, "tenantId": name, "lane": SECRET, "mno": "AWCC"}
        for name in (VICTIM, "*", "unknown", "")
    ]
    return [*mine, *theirs]


@pytest.fixture(scope="module")
async def filled(clickhouse: Engine, data: Sequence[Fact]) -> None:
    await fill(clickhouse.dsn, {"dlr": data})


@pytest.fixture
async def client(clickhouse: Engine, filled: None) -> AsyncIterator[AsyncClient]:
    async with connect(clickhouse.dsn) as client:
        yield client


async def rows_of(
    client: AsyncClient, query: Mapping[str, Any], scope: OneTenant = CALLER, position: PagePosition | None = None
) -> Sequence[Mapping[str, Any]]:
    whole: dict[str, Any] = {"dataset": "dlr", "measures": ["messages"], "time": ALL, "limit": 10_000} | dict(query)
    compiled = compile_query(parse(json.dumps(whole).encode()), scope, position)
    return await engine_rows.printed_rows(client, compiled, compiled.rows)


@pytest.mark.parametrize("tenant", [VICTIM, "*", "unknown", ""])
async def test_filters_find_no_rows_of_other_tenants(client: AsyncClient, tenant: str) -> None:
    other = {"field": "tenantId", "op": "eq", "value": tenant}
    for condition in (
        other,
        {"or": [other, other]},
        {"not": {"not": other}},
        {**other, "op": "in", "value": [tenant, VICTIM]},
    ):
        assert await rows_of(client, {"filter": condition}) == [{"messages": 0}]
        assert await rows_of(client, {"filter": condition, "dimensions": ["tenantId", "lane"]}) == []


async def test_a_tautology_does_not_widen_the_scope(client: AsyncClient) -> None:
    anything = {"or": [{"field": "lane", "op": "eq", "value": "x"}, {"field": "lane", "op": "ne", "value": "x"}]}
    mine = len(HOSTILE) + 2
    for condition in (
        anything,
        {"field": "tenantId", "op": "ne", "value": "caller' or '1"},
        {"not": {"and": [{"not": anything}]}},
    ):
        assert await rows_of(client, {"filter": condition}) == [{"messages": mine}]
    rows = await rows_of(
        client, {"dimensions": ["tenantId"], "filter": {"field": "tenantId", "op": "gte", "value": ""}}
    )
    assert rows == [{"tenantId": "caller", "messages": mine}]
    having = {"field": "messages", "op": "gte", "value": -1}
    assert await rows_of(client, {"dimensions": ["lane"], "having": having}) == await rows_of(
        client, {"dimensions": ["lane"]}
    )


async def test_the_largest_numbers_are_compared_exactly(client: AsyncClient) -> None:
    rows = await rows_of(client, {"measures": ["messages", "deliveryRate"], "dimensions": ["lane"]})
    for field, digits in (("messages", 18), ("deliveryRate", 14)):
        largest = int("9" * digits)
        for operator, value in (("lt", largest), ("gt", -largest)):
            having = {"field": field, "op": operator, "value": value}
            query = {"measures": ["messages", "deliveryRate"], "dimensions": ["lane"], "having": having}
            assert await rows_of(client, query) == [row for row in rows if row[field] is not None], having


async def test_a_position_with_anothers_values_discloses_nothing(client: AsyncClient) -> None:
    order = {"dimensions": ["lane", "tenantId"], "orderBy": [{"field": "lane", "direction": "desc"}]}
    for value in (SECRET, "zzz", "' or 1=1 --", None):
        rows = await rows_of(client, order, position=(5, value, VICTIM))
        assert not [row for row in rows if SECRET in row.values() or row["tenantId"] != "caller"]


async def test_every_text_matches_only_itself(client: AsyncClient) -> None:
    """Covers every operator for texts, and positions between pages."""
    for text in HOSTILE:
        expected = [{"lane": text, "messages": 1}]
        for operator, value in (("eq", text), ("in", [text, "nowhere"])):
            condition = {"field": "lane", "op": operator, "value": value}
            assert await rows_of(client, {"dimensions": ["lane"], "filter": condition}) == expected, (operator, text)
        beside = {"and": [{"field": "lane", "op": op, "value": text} for op in ("gte", "lte", "prefix")]}
        assert await rows_of(client, {"dimensions": ["lane"], "filter": beside}) == expected, text


async def test_pages_contain_every_text_once(client: AsyncClient) -> None:
    lanes: list[Any] = []
    position: PagePosition | None = None
    while len(lanes) <= len(HOSTILE):
        compiled = compile_query(
            parse({"dataset": "dlr", "measures": ["messages"], "dimensions": ["lane"], "time": ALL, "limit": 1}),
            CALLER,
            position,
        )
        page = await engine_rows.raw_rows(client, compiled.rows)
        lanes += [row[0] for row in page[:1]]
        position = engine_rows.next_position(compiled, page)
        if position is None:
            break
    assert lanes == sorted([*HOSTILE, "OTP"], key=str.encode)


async def test_pseudonyms_replace_names_in_all_parts_of_an_answer(client: AsyncClient) -> None:
    rows = await rows_of(client, {"dimensions": ["mno"], "orderBy": [{"field": "mno", "direction": "desc"}]}, MASKED)
    assert [(row["mno"], row["messages"]) for row in rows] == [("MNO-C", 1), ("MNO-A", 1), (UNASSIGNED, len(HOSTILE))]
    for operator, value, count in (
        ("eq", "MNO-C", 1),
        ("eq", "MNO-B", 0),
        ("eq", UNASSIGNED, len(HOSTILE)),
        ("prefix", "AW", 0),
        ("prefix", "MTN", 0),
        ("gte", "MNP", 0),
        ("lt", "MNO-", 0),
    ):
        condition = {"field": "mno", "op": operator, "value": value}
        assert await rows_of(client, {"filter": condition}, MASKED) == [{"messages": count}], condition
    rest = await rows_of(client, {"dimensions": ["mno"]}, MASKED, position=(1, UNASSIGNED))
    assert [row["mno"] for row in rest] == ["MNO-A", "MNO-C"]


@pytest.mark.parametrize(
    "path",
    [
        "dataset",
        "measures",
        "dimensions",
        "granularity",
        "timezone",
        "field",
        "op",
        "orderBy",
        "direction",
        "compareTo",
    ],
)
async def test_unknown_names_are_refused(path: str) -> None:
    for text in [*filter(None, HOSTILE), "UTC'", "Europe/berlin", "../UTC", "localtime"]:
        check_refused(path, text)


def check_refused(path: str, text: str) -> None:
    query: dict[str, Any] = {"dataset": "dlr", "measures": ["messages"], "time": ALL}
    changes: dict[str, dict[str, Any]] = {
        "dataset": {"dataset": text},
        "measures": {"measures": [text]},
        "dimensions": {"dimensions": [text]},
        "granularity": {"time": ALL | {"granularity": text}},
        "timezone": {"time": ALL | {"timezone": text}},
        "field": {"filter": {"field": text, "op": "eq", "value": "x"}},
        "op": {"filter": {"field": "lane", "op": text, "value": "x"}},
        "orderBy": {"orderBy": [{"field": text}]},
        "direction": {"orderBy": [{"field": "messages", "direction": text}]},
        "compareTo": {"compareTo": text},
    }
    with pytest.raises(InvalidQueryError) as caught:
        compile_query(parse(json.dumps(query | changes[path]).encode()), CALLER, None)
    assert len(caught.value.problems) == 1
    assert str(caught.value).isascii()


async def test_a_filter_with_a_thousand_long_values_runs(client: AsyncClient) -> None:
    values = [f"{number:04d}{'é' * 124}" for number in range(999)]
    condition = {"field": "lane", "op": "in", "value": [*values, "OTP"]}
    assert await rows_of(client, {"filter": condition}) == [{"messages": 2}]


async def test_deep_and_wide_conditions_run(client: AsyncClient) -> None:
    leaf: dict[str, Any] = {"field": "lane", "op": "ne", "value": "nowhere"}
    for _ in range(4):
        leaf = {"or": [{"and": [leaf]}]}
    assert await rows_of(client, {"filter": leaf}) == [{"messages": len(HOSTILE) + 2}]
    wide = {"or": [{"and": [{"field": "lane", "op": "ne", "value": "nowhere"}] * 99}] * 2}
    assert await rows_of(client, {"filter": wide}) == [{"messages": len(HOSTILE) + 2}]


async def test_only_the_caller_decides_the_scope() -> None:
    assert tenant_of(PlatformScope("admin-dashboard")) is None
    for tenant in (None, "", "unknown"):
        with pytest.raises(ForbiddenError):
            tenant_of(AccountScope("customer-portal", "a-1", tenant))
    portal = AccountScope("customer-portal", "a-1", "t-1")
    assert query_scope(portal, None) == OneTenant("t-1", None)
    assert query_scope(portal, {}) == OneTenant("t-1", ())
    for name in ("tenant", "tenantId", "scope", "sql", "settings", "final", "table"):
        with pytest.raises(InvalidQueryError):
            parse({"dataset": "dlr", "measures": ["messages"], "time": ALL, name: "x"})


async def test_without_any_pseudonym_no_name_is_disclosed(client: AsyncClient) -> None:
    rows = await rows_of(client, {"dimensions": ["mno"]}, OneTenant("caller", ()))
    assert rows == [{"mno": UNASSIGNED, "messages": len(HOSTILE) + 2}]


async def test_every_dataset_hides_other_tenants(client: AsyncClient) -> None:
    for dataset in DATASETS.values():
        query = {"dataset": dataset.name, "measures": [dataset.measures[0].name], "dimensions": ["tenantId"]}
        assert {row["tenantId"] for row in await rows_of(client, query)} <= {"caller"}
