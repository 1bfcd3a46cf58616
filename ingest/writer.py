"""Writes a batch's effect to PostgreSQL: one multi-row upsert per table, with its rows in one fixed order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Literal

from infra.metrics import UPSERT_DURATION, timed
from infra.postgres import Connection
from infra.sql import statement
from schema import figures
from schema.instants import time_of
from schema.money import decimal
from schema.writes import Billed, CellKey, Delivered, Writes

SQL: Final = Path(__file__).parent / "sql"
# Reads a cell's counters in the order of the statements' columns.
BILLED: Final[Callable[[Billed], tuple[int, ...]]] = attrgetter(*figures.of("billed"))
DELIVERED: Final[Callable[[Delivered], tuple[int, ...]]] = attrgetter(*figures.of("delivered"))
MetricTable = Literal["metrics_hourly", "costs_hourly", "accounts"]


@dataclass(frozen=True, slots=True)
class Upserts:
    """The statements that add to the tables of one schema."""

    billed: str
    costs: str
    delivered: str
    accounts: str


def upserts(schema: str) -> Upserts:
    """The statements for the tables of `schema`."""
    names = ("upsert_billed", "upsert_costs", "upsert_delivered", "insert_accounts")
    return Upserts(*[statement(SQL, name, schema=schema) for name in names])


LIVE: Final = upserts("anlyt")


async def write(connection: Connection, writes: Writes, reporting_currency: str, into: Upserts = LIVE) -> None:
    """Adds `writes` to the stored rows, within the caller's transaction."""
    billed, delivered = sorted(writes.billed.items()), sorted(writes.delivered.items())
    await _upsert(connection, "metrics_hourly", into.billed, _billed_rows(billed, reporting_currency))
    await _upsert(connection, "costs_hourly", into.costs, _cost_rows(billed, reporting_currency))
    await _upsert(connection, "metrics_hourly", into.delivered, _delivered_rows(delivered))
    await _upsert(connection, "accounts", into.accounts, [(account,) for account in sorted(writes.accounts)])


async def _upsert(connection: Connection, table: MetricTable, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        with timed(UPSERT_DURATION.labels(table)):
            await connection.execute(sql, *map(list, zip(*rows, strict=True)))


def _key(key: CellKey) -> tuple[str, str, datetime]:
    return key.scope, key.scope_id, time_of(key.hour)


def _billed_rows(cells: Sequence[tuple[CellKey, Billed]], currency: str) -> list[tuple[Any, ...]]:
    return [
        (*_key(key), decimal(cell.costs.get(currency, 0)), sum(cell.events.values()), *BILLED(cell))
        for key, cell in cells
    ]


def _cost_rows(cells: Sequence[tuple[CellKey, Billed]], reporting_currency: str) -> list[tuple[Any, ...]]:
    return [
        (*_key(key), currency, decimal(cost), cell.events[currency])
        for key, cell in cells
        for currency, cost in sorted(cell.costs.items())
        if currency != reporting_currency
    ]


def _delivered_rows(cells: Sequence[tuple[CellKey, Delivered]]) -> list[tuple[Any, ...]]:
    return [(*_key(key), *_histogram(cell.histogram), *DELIVERED(cell)) for key, cell in cells]


def _histogram(counts: Mapping[int, int]) -> tuple[str, str]:
    """Bins and counts as two array literals: unnest() would flatten arrays of arrays."""
    bins = sorted(counts)
    return f"{{{','.join(map(str, bins))}}}", f"{{{','.join(str(counts[bin_]) for bin_ in bins)}}}"
