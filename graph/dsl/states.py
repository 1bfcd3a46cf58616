"""The state of what a query reads, from which the validator of its answer is made.

An answer is the same at the same state, except for `elapsedMs`, `completeUntil`, `verified.at`, `dataAsOf` behind the
end of its window, and the last digits of measures that `approximate` lists.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias

from graph.completeness import Completeness
from graph.dsl.compile import Compiled
from graph.dsl.execute import QueryEngine
from graph.dsl.freshness import TableFreshness
from graph.dsl.plan import Plan
from graph.dsl.select import Statement
from graph.dsl.verified import Verified
from graph.reports.windows import hour_number
from infra.sql import statement
from schema.catalog.terms import CatalogTable

# Its table, the table's engine, its name, and the hash of its contents. A part never changes, and each change of a
# table makes new parts. A merge does so, too, though the rows stay.
Part: TypeAlias = tuple[str, str, str, str]

_PARTS: Final = statement(Path(__file__).parent / "sql", "parts")

# Engines of tables without replicas. Where there are replicas, each statement may read another one.
_UNREPLICATED: Final = frozenset({"ReplacingMergeTree", "AggregatingMergeTree", "MergeTree"})

ONE_THREAD: Final = {"max_threads": 1}  # of a statement so small that more threads cost more than they save


def with_parts(sql: str) -> str:
    """A statement that reads the one value of `sql`, then the parts; it takes parts_parameters, too.

    The order is certain, because the condition on the parts contains the value.
    """
    return f"select (\n{sql}\n) as value, (\n{_PARTS}    and ignore(value) = 0\n) as parts"


async def read_parts(engine: QueryEngine, plan: Plan) -> Sequence[Part]:
    """The parts that a plan reads now, in order. Raises DependencyUnavailableError."""
    rows = await engine.read(Statement(_PARTS, parts_parameters(plan, plan.tables), (), ONE_THREAD))
    ((parts,),) = rows.columns
    return parts_of(plan, parts)


async def read_count_and_parts(engine: QueryEngine, compiled: Compiled) -> tuple[int, Sequence[Part]]:
    """The number of the scope's own rows, and the parts, both as `read_parts` has them."""
    plan, count = compiled.plan, compiled.count
    parameters = {**count.parameters, **parts_parameters(plan, plan.tables)}
    rows = await engine.read(Statement(with_parts(count.sql), parameters))
    (own,), (parts,) = rows.columns
    return own, parts_of(plan, parts)


def parts_parameters(plan: Plan, tables: Sequence[CatalogTable]) -> Mapping[str, object]:
    """The parameters with which parts of the days of a query are read."""
    windows = plan.query.windows
    first, last = min(each.from_ for each in windows), max(each.to for each in windows)
    return {
        "tables": [table.name for table in tables],
        "month": f"{first.astimezone(UTC):%Y%m}",
        "first": f"{first.astimezone(UTC):%Y%m%d}",
        "last": f"{last.astimezone(UTC):%Y%m%d}",
    }


def parts_of(plan: Plan, parts: Sequence[Part]) -> Sequence[Part]:
    """Those of some parts that a plan reads, in order."""
    tables = {table.name for table in plan.tables}
    return sorted(part for part in parts if part[0] in tables)


def state_of(
    compiled: Compiled, freshness: TableFreshness, parts: Sequence[Part], verified: Verified | None
) -> object | None:
    """The state of an answer of this freshness and verification, read from these parts; None if it is not known."""
    if not parts or any(engine not in _UNREPLICATED for _, engine, _, _ in parts):
        return None
    plan, digest = compiled.plan, sha256(repr(parts).encode()).hexdigest()
    read = (plan.scope, compiled.source, plan.marked, digest)
    return *read, *_freshness(freshness, compiled.window.to), verified and verified.state


def _freshness(freshness: TableFreshness, end: datetime) -> tuple[datetime | None, int | None]:
    """`dataAsOf` up to the end of the window, and up to which hour the window is complete."""
    as_of = freshness.data_as_of
    horizon = Completeness(freshness.complete_until, datetime.now(UTC)).horizon(as_of)
    return as_of and min(as_of, end), None if horizon is None else hour_number(min(horizon, end))
