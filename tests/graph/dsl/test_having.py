"""`having` accepts every value of a measure in an answer, and finds the rows that have it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from infra.embedded.engine import Engine
from schema.catalog import DATASETS
from schema.catalog.terms import Measure
from tests.graph.support.api import ADMIN
from tests.graph.support.queries import QueryClient
from tests.graph.support.warehouse_facts import Fact, facts, fill

pytestmark = pytest.mark.anyio

MOST = Decimal("999999999999.999999")  # the largest charge of one record
WINDOW = {"from": "2022-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}
MEASURES = [
    pytest.param(dataset, measure, id=measure.name) for dataset in DATASETS.values() for measure in dataset.measures
]


@pytest.fixture(scope="module")
async def filled(clickhouse: Engine, seed: int) -> str:
    """Facts whose sums are far larger than the largest value of one fact."""
    some = {**facts(Random(seed), 250)}
    some["cdr"] = [large(fact) if fact["mno"] == "AWCC" else fact for fact in some["cdr"]]
    await fill(clickhouse.dsn, some)
    return clickhouse.dsn


def large(fact: Fact) -> Fact:
    return {**fact, "charge": MOST, "segments": 2**32 - 1}


@pytest.mark.parametrize(("dataset", "measure"), MEASURES)
async def test_a_value_of_an_answer_finds_its_rows(query_client: QueryClient, dataset: Any, measure: Measure) -> None:
    money = ["currency"] if measure.kind == "money" else []
    query = {
        "dataset": dataset.name,
        "measures": [measure.name],
        "dimensions": ["mno", *money],
        "time": WINDOW,
        # An approximate measure has the value that it has in this query.
        "having": {"or": [{"field": measure.name, "op": "gte", "value": "0" if money else 0}, is_null(measure)]},
    }
    rows = await rows_of(query_client, query)
    assert len(rows) > 3
    for row in rows:
        value = row[measure.name]
        for comparison in comparisons(measure, value):
            matching = await rows_of(query_client, {**query, "having": comparison})
            wanted = [each for each in rows if holds(each[measure.name], comparison)]
            assert matching == wanted, comparison
            assert row in matching


def is_null(measure: Measure) -> Mapping[str, Any]:
    """The groups in which a measure may be null."""
    zero = "0" if measure.kind == "money" else 0
    return {"field": measure.name, **({"op": "isNull"} if measure.nullable else {"op": "gte", "value": zero})}


def comparisons(measure: Measure, value: Any) -> Sequence[Mapping[str, Any]]:
    if value is None:
        return [{"field": measure.name, "op": "isNull"}]
    named = [{"field": measure.name, "op": operator, "value": value} for operator in ("eq", "gte", "lte")]
    return [*named, {"field": measure.name, "op": "in", "value": [value]}]


def holds(value: Any, comparison: Mapping[str, Any]) -> bool:
    if comparison["op"] == "isNull" or value is None:
        return comparison["op"] == "isNull" and value is None
    if comparison["op"] == "in":
        return value in comparison["value"]
    mine, other = Decimal(str(value)), Decimal(str(comparison["value"]))
    return {"eq": mine == other, "gte": mine >= other, "lte": mine <= other}[comparison["op"]]


async def rows_of(query_client: QueryClient, query: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = (await query_client.ask(dict(query), ADMIN))["data"]
    return rows


async def test_a_sum_of_large_charges_is_found(query_client: QueryClient) -> None:
    """The sum has more digits than any charge. Covers GraphQL, too."""
    query = {"dataset": "cdr", "measures": ["cost", "segments"], "dimensions": ["mno", "currency"], "time": WINDOW}
    largest = max(await rows_of(query_client, query), key=lambda row: Decimal(row["cost"]))
    assert Decimal(largest["cost"]) > 10 * MOST
    for name in ("cost", "segments"):
        having = {"field": name, "op": "eq", "value": largest[name]}
        assert await rows_of(query_client, {**query, "having": having}) == [largest]
        answer = await query_client.graphql({**query, "having": having}, ADMIN, "data")
        assert answer["data"]["query"]["data"] == [largest], answer
