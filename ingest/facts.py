"""Commits one batch of facts to ClickHouse: rows, then dirty marks. Both writes are idempotent and need no claims."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from clickhouse_connect.driver.asyncclient import AsyncClient

from functions.function import AnyFunction
from infra.clickhouse import ClickHouse, check_tables, traced
from infra.metrics import UPSERT_DURATION, timed
from ingest.outcomes import Refusal
from ingest.sink import Events, Result, Results, split_by_days
from schema.facts import DIRTY, NOBODY, ColumnType, FactTable
from schema.instants import MINUTE, SECOND
from schema.money import DECIMALS
from schema.writes import Facts

Column = Sequence[Any]


@dataclass(frozen=True, slots=True)
class FactStore:
    """A sink for functions that write to ClickHouse. The table engine replaces copies of an event."""

    results: ClassVar[Sequence[Result]] = ("stored",)

    clickhouse: ClickHouse

    async def begin(self, function: AnyFunction, stream_made_at: datetime) -> None:
        """Raises MisconfiguredError if a table is missing. `stream_made_at` does not matter to facts."""
        facts: Facts = function([])
        await check_tables(await self.clickhouse.client(), (facts.table, DIRTY))

    async def commit(self, function: AnyFunction, events: Events, refused: Sequence[Refusal] = ()) -> Results:
        """Writes rows and marks; returns the number of rows.

        An error of infra.clickhouse_errors.FAILURES may leave rows without marks; the next attempt writes both again.
        """
        for part in split_by_days(events):
            facts: Facts = function(part)
            client = await self.clickhouse.client()
            await _insert(client, facts.table, facts.columns)
            await _insert(client, DIRTY, _marks(facts))
        return {"stored": len(events)}


def _marks(facts: Facts) -> Mapping[str, Column]:
    """Marks of the cells to compute again, and of the minutes to search for differing copies."""
    touched: list[tuple[str, str, int]] = [(facts.cube, *cell) for cell in sorted(facts.touched)]
    minutes = {at - at % MINUTE for at in facts.columns["event_time"]}
    touched += [(facts.table.name, NOBODY, begin) for begin in sorted(minutes)]
    return {
        "cube": [cube for cube, _, _ in touched],
        "tenant_id": [tenant for _, tenant, _ in touched],
        "hour": [begin // SECOND for _, _, begin in touched],
    }


async def _insert(client: AsyncClient, table: FactTable, columns: Mapping[str, Column]) -> None:
    # In a thread: pyarrow's first array imports pandas, which would block the event loop for a second.
    rows = await asyncio.to_thread(_rows, table, columns)
    with traced(f"insert into anlyt.{table.name}"), timed(UPSERT_DURATION.labels(table.name)):
        await client.insert_arrow(table.name, rows, database="anlyt")


def _rows(table: FactTable, columns: Mapping[str, Column]) -> pa.Table:
    return pa.table({name: ARROW[type_](columns[name]) for name, type_ in table.columns.items()})


def _as(type_: pa.DataType) -> Callable[[Column], pa.Array]:
    return lambda values: pa.array(values, type_)


def _words(values: Column) -> pa.Array:
    """Each distinct text once, as ClickHouse stores it."""
    return pa.array(values, pa.string()).dictionary_encode()


def _money(millionths: Column) -> pa.Array:
    """Decimal(38, 6) from 64-bit millionths. Decimal objects would cost more than all other columns together."""
    low = np.array(millionths, np.int64)
    words = np.column_stack([low, low >> 63])
    return pa.Array.from_buffers(pa.decimal128(38, DECIMALS), len(low), [None, pa.py_buffer(words.tobytes())])


ARROW: Final[Mapping[ColumnType, Callable[[Column], pa.Array]]] = {
    "LowCardinality(String)": _words,
    "LowCardinality(Nullable(String))": _words,
    "String": _as(pa.string()),
    "Array(LowCardinality(String))": _as(pa.list_(pa.string())),
    "UInt32": _as(pa.uint32()),
    "UInt64": _as(pa.uint64()),
    "DateTime('UTC')": _as(pa.uint32()),
    "DateTime64(6, 'UTC')": _as(pa.timestamp("us", "UTC")),
    "Decimal(38, 6)": _money,
}
