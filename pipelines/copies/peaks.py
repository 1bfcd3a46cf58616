"""Computes the peaks of cells in which a copy was discarded again, from the facts of their hours.

A peak is a maximum, from which a discarded copy's rate cannot be subtracted. The facts of an hour give it once
ClickHouse has all events of the cell. A cell that changes meanwhile waits for another run; it changes only while events
of its hour arrive. Each run takes hours and cells at random, so the ones that have to wait delay no others for long.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from infra import nats
from infra.clickhouse import traced
from infra.progress import stored_until
from infra.sql import statement
from pipelines.stores import Stores
from schema.instants import NANOSECONDS, instant
from schema.streams import DLR_FACTS_DURABLE, SMS_DLR, Consumer

SQL: Final = Path(__file__).parent / "sql"
CONTESTED_HOURS: Final = statement(SQL, "contested_hours")
CONTESTED_CELLS: Final = statement(SQL, "contested_cells")
NEWEST_STORED: Final = statement(SQL, "newest_stored")
RATES: Final = statement(SQL, "rates")
LOCK_DAY: Final = statement(SQL, "lock_day")
NAME_CAUSE: Final = statement(SQL, "name_cause")
SET_PEAK: Final = statement(SQL, "set_peak")
FORGET: Final = statement(SQL, "forget_contested")
FORGET_GONE: Final = statement(SQL, "forget_gone")
HOUR: Final = timedelta(hours=1)
MOST_HOURS: Final = 24  # of a run: each is a statement over all facts of the hour
MOST_CELLS: Final = 10_000  # of a run
SETTINGS: Final = {"max_bytes_before_external_group_by": 1 << 30}


class ContestedCell(NamedTuple):
    """A cell whose peak may come from a discarded copy, as it was read.

    `version`: changes with the cell; None if PostgreSQL has no such cell any more. `events`: reports that it counts.
    """

    scope: str
    scope_id: str
    version: str | None
    events: int


class ContestedHour(NamedTuple):
    """Contested cells of an hour. `stored`: when the stream stored the newest event that they count, in ns."""

    begin: datetime
    cells: Sequence[ContestedCell]
    stored: int


class PeakRate(NamedTuple):
    """The highest rate and the number of the reports of an operator and an account in an hour."""

    operator: str
    account: str
    peak: int
    events: int


def rates_of(cell: ContestedCell, rates: Iterable[PeakRate]) -> Sequence[PeakRate]:
    """The rates that belong to a cell."""
    match cell.scope:
        case "OPERATOR":
            return [each for each in rates if each.operator == cell.scope_id]
        case "ACCOUNT":
            return [each for each in rates if each.account == cell.scope_id]
        case _:
            return list(rates)


async def contested_hours(stores: Stores) -> Sequence[datetime]:
    """The beginnings of up to MOST_HOURS hours with contested cells."""
    return [row["hour_bucket"] for row in await stores.postgres.fetch(CONTESTED_HOURS, MOST_HOURS)]


async def settle_peaks(stores: Stores, hours: Sequence[datetime]) -> int:
    """Computes the peaks of up to MOST_CELLS cells; returns the number of computed ones. The others wait."""
    if not hours:
        return 0
    settled, left = 0, MOST_CELLS
    async with nats.connect(stores.engines.nats) as client:
        for begin in hours:
            if not left:
                break
            hour = await _contested(stores, begin, left)
            until = await stored_until(client.jetstream(), Consumer(SMS_DLR, DLR_FACTS_DURABLE))
            if until is not None and hour.stored < instant(until) * NANOSECONDS:
                settled += await _settle(stores, hour)
                left -= len(hour.cells)
    return settled


async def _contested(stores: Stores, begin: datetime, most: int) -> ContestedHour:
    """Up to `most` contested cells of an hour, read in one snapshot."""
    async with stores.postgres.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        cells = [ContestedCell(**row) for row in await connection.fetch(CONTESTED_CELLS, begin, most)]
        return ContestedHour(begin, cells, await connection.fetchval(NEWEST_STORED, begin, begin + HOUR))


async def _settle(stores: Stores, hour: ContestedHour) -> int:
    client = await stores.clickhouse.client()
    span = {"begin": instant(hour.begin), "end": instant(hour.begin + HOUR)}
    with traced(RATES):
        result = await client.query(RATES, parameters=span, settings=SETTINGS)
    rates = [PeakRate(**row) for row in result.named_results()]
    return sum([await settle_cell(stores, hour, cell, rates_of(cell, rates)) for cell in hour.cells])


async def settle_cell(stores: Stores, hour: ContestedHour, cell: ContestedCell, rates: Sequence[PeakRate]) -> int:
    """Sets a cell's peak; returns 1, or 0 if the cell has changed or the facts lack events that it counts."""
    key = cell.scope, cell.scope_id, hour.begin
    if sum(each.events for each in rates) < cell.events:
        return 0
    async with stores.postgres.acquire() as connection, connection.transaction():
        await connection.execute(LOCK_DAY, hour.begin.date())
        if cell.version is None:
            return int(bool(await connection.fetchval(FORGET_GONE, *key)))
        await connection.execute(NAME_CAUSE)
        peak = max((each.peak for each in rates), default=0)
        if not await connection.fetchval(SET_PEAK, *key, peak, cell.version):
            return 0
        await connection.execute(FORGET, *key)
        return 1
