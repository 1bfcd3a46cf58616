"""The catalogue is consistent, and its columns exist in the live tables."""

from collections.abc import Iterator
from typing import get_args

import pytest

from infra.clickhouse import connect
from infra.embedded.engine import Engine
from schema.catalog import DATASETS, Dataset
from schema.catalog.dlr import FAILED
from schema.expressions import Call, Column, Expression, Lambda, Name
from schema.values import DeliveryStatus
from tests.support.warehouse import empty_clickhouse

CONTRACT = {
    "dlr": [
        *("messages", "delivered", "failed", "pending", "deliveryRate", "errorRate", "esmeErrorRate", "avgLatencyMs"),
        *("p50LatencyMs", "p95LatencyMs", "p99LatencyMs", "maxTps"),
    ],
    "cdr": ["records", "segments", "cost", "avgCost", "costPerDelivered"],
    "compliance": ["evaluations", "blocked", "held", "flagged", "allowed", "blockRate", "avgEvaluationMs"],
}
each_dataset = pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.name)


def inner(expression: Expression) -> Iterator[Expression]:
    """An expression and all expressions inside it."""
    yield expression
    if isinstance(expression, Call):
        for argument in expression.arguments:
            yield from inner(argument)
    if isinstance(expression, Lambda):
        yield from inner(expression.body)


@each_dataset
def test_every_name_is_explained_once(dataset: Dataset) -> None:
    names = [*(measure.name for measure in dataset.measures), *(dimension.name for dimension in dataset.dimensions)]
    assert len(names) == len(set(names))
    assert [measure.name for measure in dataset.measures] == CONTRACT[dataset.name]
    meanings = [*(measure.meaning for measure in dataset.measures), *(each.meaning for each in dataset.dimensions)]
    assert all(meaning.endswith(".") for meaning in [*meanings, dataset.meaning])
    assert "time" not in names


@each_dataset
def test_facts_have_every_part(dataset: Dataset) -> None:
    *cubes, facts = dataset.tables
    parts = {f"part_{name}" for name in facts.parts}
    used = {each.name for measure in dataset.measures for each in inner(measure.formula) if isinstance(each, Name)}
    assert used == parts
    assert set(facts.parts) == {part for measure in dataset.measures for part in measure.parts}
    assert all(set(cube.parts) <= set(facts.parts) for cube in cubes)


def test_only_days_of_reports_lack_percentiles() -> None:
    lacking = [
        (table.name, measure.name)
        for dataset in DATASETS.values()
        for table in dataset.tables
        for measure in dataset.measures
        if not table.has(measure)
    ]
    assert lacking == [("cube_dlr_daily", f"p{number}LatencyMs") for number in (50, 95, 99)]


@each_dataset
def test_facts_have_every_dimension(dataset: Dataset) -> None:
    *cubes, facts = dataset.tables
    assert list(facts.dimensions) == [dimension.name for dimension in dataset.dimensions]
    assert not facts.is_cube
    assert all(cube.is_cube and set(cube.dimensions) < set(facts.dimensions) for cube in cubes)


def test_a_status_is_counted_once() -> None:
    assert {"DELIVERED", "PENDING", *FAILED} == set(get_args(DeliveryStatus))


@pytest.mark.anyio
@each_dataset
async def test_the_columns_exist(clickhouse: Engine, dataset: Dataset) -> None:
    await empty_clickhouse(clickhouse.dsn)
    async with connect(clickhouse.dsn) as client:
        for table in dataset.tables:
            columns = await client.query(
                "select name from system.columns where database = 'anlyt' and table = {table:String}",
                parameters={"table": table.name},
            )
            expressions = (
                *table.parts.values(),
                *table.dimensions.values(),
                *(each.array for each in table.unnested.values()),
            )
            used = {each.name for expression in expressions for each in inner(expression) if isinstance(each, Column)}
            assert used | {table.time, "tenant_id"} <= {name for (name,) in columns.result_rows}
