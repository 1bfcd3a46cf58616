"""Whole days of a subject: from anlyt.metrics_daily where the day is clean, else from its hours."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg

from graph.reports import latency
from graph.reports.archived import archived_days
from graph.reports.metrics import Counts, millionths
from graph.reports.pieces import NONE, Amounts, RolledDay, Sum, add_rolled, summed
from graph.reports.runs import Loaded, Run, days_of, stretches
from graph.reports.sources import HOURS, Source, Spans
from graph.reports.windows import DAY_HOURS, Window, day_date, day_number, middle
from infra.postgres import Connection, statement

_SQL: Final = Path(__file__).parent / "sql"
_CLEAN, _ROLLED, _ROLLED_COSTS = (statement(_SQL, name) for name in ("clean_days", "rolled", "rolled_costs"))


def parts(hours: Source[Any], days: Source[Any], window: Window) -> Spans:
    """A window in order: its whole days from `days`, what it has of its first and its last day from `hours`."""
    pieces = window.slices
    begin, end = middle(pieces[0], pieces[-1], len(pieces))
    if begin == end:
        return ((hours, pieces),)
    cut = ((hours, pieces[:begin]), (days, pieces[begin:end]), (hours, pieces[end:]))
    return tuple((source, span) for source, span in cut if span)


async def clean_days(connection: Connection, days: Iterable[int]) -> set[int]:
    """Those of some days that may be read from daily rows, in this connection's snapshot."""
    rows = await connection.fetch(_CLEAN, [day_date(day) for day in days])
    return {day_number(row["day"]) for row in rows}


async def _load(connection: Connection, runs: Sequence[Run]) -> Loaded[RolledDay]:
    days = await _load_clean(connection, runs)
    dirty = [
        (number, run._replace(first_hour=stretch.start * DAY_HOURS, end_hour=stretch.stop * DAY_HOURS))
        for number, run in enumerate(runs)
        for stretch in stretches(day for day in days_of(run) if (number, day) not in days)
    ]
    if dirty:
        loaded = await HOURS.load(connection, [run for _, run in dirty])
        days |= {(dirty[index][0], day): summed(hours) for (index, day), hours in loaded.items()}
    return days


async def _load_clean(connection: Connection, runs: Sequence[Run]) -> dict[tuple[int, int], RolledDay]:
    rows = await connection.fetch(_ROLLED, *_columns(runs))
    amounts = await _amounts(connection, runs) if rows else {}
    filled = [row for row in rows if row["has_row"]]
    samples = latency.parse([(row["bins"], row["counts"]) for row in filled])
    days = {(row["number"] - 1, row["day"]): RolledDay(row["day"]) for row in rows}
    for row, held in zip(filled, samples, strict=True):
        key = row["number"] - 1, row["day"]
        sum_ = Sum(_counts(row), latency.dense([held]), amounts.get(key, NONE))
        days[key] = RolledDay(key[1], sum_, has_rows=True)
    return days


def _counts(row: asyncpg.Record) -> Counts:
    _, _, _, messages, delivered, failed, segments, cost, *latencies, _, _ = row
    return Counts(messages, delivered, failed, segments, millionths(cost), *latencies)


async def _amounts(connection: Connection, runs: Sequence[Run]) -> Mapping[tuple[int, int], Amounts]:
    """Cost in other currencies by (index of the run, day since 1970)."""
    days: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    for number, day, currency, cost in await connection.fetch(_ROLLED_COSTS, *_columns(runs)):
        days[number - 1, day][currency] = millionths(cost)
    return days


def _columns(runs: Sequence[Run]) -> tuple[list[object], ...]:
    days = [days_of(run) for run in runs]
    return (
        [run.subject.kind for run in runs],
        [run.subject.id for run in runs],
        [day_date(each.start) for each in days],
        [day_date(each.stop) for each in days],
    )


DAYS: Final = Source(
    "days",
    _load,
    empty=RolledDay,
    size=lambda day: 1000 + day.sum.samples.nbytes,
    whole_days=True,
    days_at_once=500,
    archived=archived_days,
    add=add_rolled,
)
