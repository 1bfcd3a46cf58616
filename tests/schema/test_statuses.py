"""The declared statuses are those that the tables of PostgreSQL accept."""

import re
from typing import Any, get_args

import pytest

from infra.embedded.engine import Engine
from schema.statuses import COMPARISON_STATUSES, ComparisonStatus, RunEnd, RunStatus
from tests.support.database import connected, fresh_database, make_template

CHECKS = """
select pg_get_constraintdef(oid) from pg_constraint
where conrelid = $1::text::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%ANY%'
"""


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("table", "declared"),
    [("pipeline_runs", RunStatus), ("pipeline_totals", RunEnd), ("reconciliation_log", ComparisonStatus)],
)
async def test_tables_accept_the_declared_statuses(postgres: Engine, table: str, declared: Any) -> None:
    await make_template(postgres)
    async with fresh_database(postgres) as dsn, connected(dsn) as connection:
        (check,) = [row[0] for row in await connection.fetch(CHECKS, f"anlyt.{table}")]
    assert "(status = ANY " in check
    assert tuple(re.findall(r"'(\w+)'", check)) == get_args(declared)


def test_every_status_of_a_comparison_has_a_meaning() -> None:
    assert tuple(COMPARISON_STATUSES) == get_args(ComparisonStatus)
