"""How far each fact table and cube of ClickHouse is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from graph.dsl.execute import QueryEngine
from graph.dsl.freshness import FreshnessReader
from graph.dsl.select import Statement
from infra.sql import statement
from schema.cubes import CUBES
from schema.facts import FACTS_CDR, FACTS_COMPLIANCE, FACTS_DLR

FACTS: Final = tuple(table.name for table in (FACTS_DLR, FACTS_CDR, FACTS_COMPLIANCE))
_MARKS: Final = statement(Path(__file__).parent / "sql", "open_marks")


class TableStatus(Struct, frozen=True, kw_only=True):
    """A table. `data_as_of`, `complete_until`: as in `FreshnessReader`.

    `marks`: how many marks of changed cells a cube has yet to follow; None for facts. `age`: of the oldest, in seconds;
    None without marks.
    """

    name: str
    data_as_of: datetime | None
    complete_until: datetime | None
    marks: int | None
    age: float | None


async def table_statuses(engine: QueryEngine, freshness: FreshnessReader) -> Sequence[TableStatus]:
    """The fact tables, then the cubes. Raises DependencyUnavailableError."""
    columns = (await engine.read(Statement(_MARKS, {}))).columns
    open_marks: Mapping[str, tuple[int, float]] = {
        cube: (marks, age) for cube, marks, age in zip(*columns, strict=True)
    }
    found = []
    for name in (*FACTS, *(cube.name for cube in CUBES)):
        table = await freshness.of(name)
        marks, age = (None, None) if name in FACTS else open_marks.get(name, (0, None))
        found.append(TableStatus(name=name, marks=marks, age=age, **table._asdict()))
    return found
