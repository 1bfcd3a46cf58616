"""Pieces from the archive: as those from PostgreSQL, of what is there no more."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np

from graph.reports import latency
from graph.reports.archive import Archive
from graph.reports.latency import Sparse
from graph.reports.metrics import MONEY_SCALE, Counts
from graph.reports.pieces import (
    QUIET,
    Amounts,
    CountedDay,
    Hour,
    HourlyDay,
    RolledDay,
    Sum,
    add_hours,
    add_rolled,
    counted,
)
from graph.reports.runs import Loaded, Run
from graph.reports.windows import DAY_HOURS
from infra.postgres import statement

_SQL: Final = Path(__file__).parent / "sql"
_HOURS, _COUNTS, _DAYS, _OPERATORS = (
    statement(_SQL, f"archived_{name}") for name in ("hours", "counts", "days", "operators")
)


async def archived_hours(archive: Archive, runs: Sequence[Run]) -> Loaded[HourlyDay]:
    """Of an hour that was archived in several batches, the sum."""
    days: dict[tuple[int, int], dict[int, Hour]] = defaultdict(dict)
    for number, row in await _rows(archive, _HOURS, runs):
        held = Hour(_counts(row), _samples(row), _amounts(row[8]))
        day, hour = divmod(row[2], DAY_HOURS)
        days[number, day][hour] = add_hours(days[number, day].get(hour, QUIET), held)
    return {key: HourlyDay(key[1], hours) for key, hours in days.items()}


async def archived_counts(archive: Archive, runs: Sequence[Run]) -> Loaded[CountedDay]:
    """The same without latencies."""
    days: dict[tuple[int, int], list[tuple[int, Counts, Amounts]]] = defaultdict(list)
    for number, row in await _rows(archive, _COUNTS, runs):
        day, hour = divmod(row[2], DAY_HOURS)
        days[number, day].append((hour, Counts(row[3], row[4], row[5], row[6], _millionths(row[7])), _amounts(row[8])))
    return {key: counted(key[1], hours) for key, hours in days.items()}


async def archived_days(archive: Archive, runs: Sequence[Run]) -> Loaded[RolledDay]:
    """Whole days."""
    days: dict[tuple[int, int], RolledDay] = {}
    for number, row in await _rows(archive, _DAYS, runs):
        key = number, row[2] // DAY_HOURS
        found = RolledDay(key[1], Sum(_counts(row), latency.dense([_samples(row)]), _amounts(row[8])), has_rows=True)
        days[key] = add_rolled(days[key], found) if key in days else found
    return days


async def archived_operators(archive: Archive, runs: Sequence[Run]) -> Loaded[Mapping[str, Counts]]:
    """The sums of every operator, to rank them by."""
    days: dict[tuple[int, int], dict[str, Counts]] = defaultdict(dict)
    for number, run in enumerate(runs):
        if archive.has([run]):
            for day, operator_id, *counts in await archive.fetch(_OPERATORS, [run]):
                days[number, day][operator_id] = Counts(*counts)
    return days


async def _rows(archive: Archive, query: str, runs: Sequence[Run]) -> Iterator[tuple[int, Sequence[Any]]]:
    """Rows that begin with scope, scope id and hour since 1970, each with the index of a run that it belongs to."""
    wanted: dict[tuple[str, str], list[tuple[int, Run]]] = defaultdict(list)
    for number, run in enumerate(runs):
        wanted[run.subject.kind, run.subject.id].append((number, run))
    rows = await archive.fetch(query, runs, subjects=sorted(wanted))
    return (
        (number, row)
        for row in rows
        for number, run in wanted[row[0], row[1]]
        if run.first_hour <= row[2] < run.end_hour
    )


def _counts(row: Sequence[Any]) -> Counts:
    return Counts._make([*row[3:7], _millionths(row[7]), *row[9:12]])


def _samples(row: Sequence[Any]) -> Sparse:
    return Sparse(np.array(row[12], np.int16), np.array(row[13], np.int64))


def _amounts(costs: Mapping[str, Decimal]) -> Amounts:
    return {currency: _millionths(cost) for currency, cost in costs.items()}


def _millionths(amount: Decimal) -> int:
    numerator, denominator = amount.as_integer_ratio()  # exactly, whatever the precision of decimals is set to
    return numerator * MONEY_SCALE // denominator
