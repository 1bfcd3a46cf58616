"""The peaks of cells in which a copy was discarded, computed again from the facts of their hours.

A peak is a maximum: what a discarded copy told cannot be taken away from it. The facts of an hour give it anew, once
ClickHouse has everything that the cell has. A cell that changes meanwhile is left to the next run.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from infra import nats
from infra.clickhouse import traced
from infra.progress import Consumer, stored_until
from infra.sql import statement
from pipelines.stores import Stores
from schema.instants import NANOSECONDS, instant
from schema.streams import DLR_FACTS_DURABLE, SMS_DLR

SQL: Final = Path(__file__).parent / "sql"
CONTESTED: Final = statement(SQL, "contested_peaks")
NEWEST_STORED: Final = statement(SQL, "newest_stored")
RATES: Final = statement(SQL, "rates")
LOCK_DAY: Final = statement(SQL, "lock_day")
SET_PEAK: Final = statement(SQL, "set_peak")
FORGET: Final = statement(SQL, "forget_contested")
HOUR: Final = timedelta(hours=1)
SETTINGS: Final = {"max_bytes_before_external_group_by": 1 << 30}


class Cell(NamedTuple):
    """A cell as it was read: `version` changes with it; None where PostgreSQL has no such cell any more."""

    scope: str
    scope_id: str
    version: str | None
    events: int


class Hour(NamedTuple):
    """The contested cells of an hour. `stored`: nanoseconds; every event that they count was stored by then."""

    begin: datetime
    cells: Sequence[Cell]
    stored: int


class Rates(NamedTuple):
    """What the reports of an operator and an account told in an hour."""

    operator: str
    account: str
    peak: int
    events: int


def among(cell: Cell, rates: Iterable[Rates]) -> Sequence[Rates]:
    """Those that a cell counts."""
    match cell.scope:
        case "OPERATOR":
            return [each for each in rates if each.operator == cell.scope_id]
        case "ACCOUNT":
            return [each for each in rates if each.account == cell.scope_id]
        case _:
            return list(rates)


async def contested(stores: Stores) -> Sequence[Hour]:
    """The hours with contested cells, each as one snapshot has it."""
    async with stores.postgres.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        rows = await connection.fetch(CONTESTED)
        hours: dict[datetime, list[Cell]] = {}
        for row in rows:
            cell = Cell(row["scope"], row["scope_id"], row["version"], row["events"])
            hours.setdefault(row["hour_bucket"], []).append(cell)
        return [
            Hour(begin, cells, await connection.fetchval(NEWEST_STORED, begin, begin + HOUR))
            for begin, cells in hours.items()
        ]


async def settle_peaks(stores: Stores, hours: Sequence[Hour]) -> int:
    """How many peaks are computed; the others wait for facts, or for an hour that is over."""
    if not hours:
        return 0
    async with nats.connect(stores.engines.nats) as client:
        until = await stored_until(client.jetstream(), Consumer(SMS_DLR, DLR_FACTS_DURABLE))
    whole = [hour for hour in hours if until is not None and hour.stored < instant(until) * NANOSECONDS]
    return sum([await _settle(stores, hour) for hour in whole])


async def _settle(stores: Stores, hour: Hour) -> int:
    client = await stores.clickhouse.client()
    span = {"begin": instant(hour.begin), "end": instant(hour.begin + HOUR)}
    with traced(RATES):
        found = await client.query(RATES, parameters=span, settings=SETTINGS)
    rates = [Rates(*row) for row in found.result_rows]
    return sum([await _set(stores, hour, cell, among(cell, rates)) for cell in hour.cells])


async def _set(stores: Stores, hour: Hour, cell: Cell, rates: Sequence[Rates]) -> int:
    """Whether the cell is settled: it is as it was read, and the facts have all that it counts."""
    key = cell.scope, cell.scope_id, hour.begin
    if sum(each.events for each in rates) < cell.events:
        return 0
    async with stores.postgres.acquire() as connection, connection.transaction():
        await connection.execute(LOCK_DAY, hour.begin.date())
        peak = max((each.peak for each in rates), default=0)
        is_set = cell.version is None or await connection.fetchval(SET_PEAK, *key, peak, cell.version)
        if is_set:
            await connection.execute(FORGET, *key)
    return int(bool(is_set))
