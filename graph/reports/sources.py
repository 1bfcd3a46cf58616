"""Where pieces come from: anlyt.metrics_hourly and anlyt.costs_hourly and the archive, a day of a subject at a time."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Generic, TypeAlias

import asyncpg
import numpy as np

from graph.identity import Subject
from graph.reports import latency
from graph.reports.archive import Archive
from graph.reports.archived import archived_counts, archived_hours, archived_operators
from graph.reports.arrays import exact, longs
from graph.reports.metrics import NOTHING, Counts, millionths, total
from graph.reports.pieces import NONE, Amounts, CountedDay, Hour, HourlyDay, add_counted, add_hourly
from graph.reports.runs import Loaded, P, Run
from graph.reports.windows import DAY_HOURS, Slice, hour_start, whole_days
from infra.postgres import Connection, statement

_SQL: Final = Path(__file__).parent / "sql"


@dataclass(frozen=True, eq=False)
class Source(Generic[P]):
    """One kind of piece.

    `whole_days`: pieces are read for whole days and cut afterwards. `days_at_once` bounds a statement, so that
    none is long. `size` estimates a piece in bytes. `lump`, where there is one, reads a whole run as one piece,
    much quicker than day by day. `archived` reads what has left PostgreSQL, and `add` adds two parts of one day.
    """

    name: str
    load: Callable[[Connection, Sequence[Run]], Awaitable[Loaded[P]]]
    empty: Callable[[int], P]
    size: Callable[[P], int]
    whole_days: bool
    days_at_once: int
    archived: Callable[[Archive, Sequence[Run]], Awaitable[Loaded[P]]]
    add: Callable[[P, P], P]
    lump: Callable[[Connection, Run], Awaitable[P]] | None = None

    async def read(self, connection: Connection, archive: Archive, runs: Sequence[Run]) -> Loaded[P]:
        """The runs' days, of what is in PostgreSQL and what has left it."""
        loaded = dict(await self.load(connection, runs))
        for key, old in (await self.archived(archive, runs) if archive.has(runs) else {}).items():
            loaded[key] = self.add(loaded[key], old) if key in loaded else old
        return loaded

    async def read_lump(self, connection: Connection, archive: Archive, run: Run) -> P:
        """The same of all days of a run as one piece."""
        assert self.lump is not None
        days = await self.archived(archive, [run]) if archive.has([run]) else {}
        return reduce(self.add, days.values(), await self.lump(connection, run))


@dataclass(frozen=True, eq=False)
class Want(Generic[P]):
    """The pieces of a subject in neighbouring days, a piece for each; all but the first and the last are whole days."""

    source: Source[P]
    subject: Subject
    slices: Sequence[Slice]

    @cached_property
    def stored(self) -> Sequence[Slice]:
        """The same as they are kept."""
        return whole_days(self.slices) if self.source.whole_days else self.slices


Spans: TypeAlias = tuple[tuple[Source[Any], Sequence[Slice]], ...]
"""Neighbouring days in order, and what their pieces are read from."""


def wanted(spans: Spans, subject: Subject) -> tuple[Want[Any], ...]:
    """The pieces of one subject."""
    return tuple(Want(source, subject, pieces) for source, pieces in spans)


async def _load_hours(connection: Connection, runs: Sequence[Run]) -> Loaded[HourlyDay]:
    rows = await connection.fetch(_HOURS, *_columns(runs))
    samples = latency.parse([(row[10], row[11]) for row in rows])
    amounts = await _amounts(connection, runs)
    days: dict[tuple[int, int], dict[int, Hour]] = defaultdict(dict)
    for row, held in zip(rows, samples, strict=True):
        number, hour = row[0] - 1, row[1]
        counts = Counts(row[2], row[3], row[4], row[5], millionths(row[6]), row[7], row[8], row[9])
        days[number, hour // DAY_HOURS][hour % DAY_HOURS] = Hour(counts, held, amounts.get((number, hour), NONE))
    return {key: HourlyDay(key[1], hours) for key, hours in days.items()}


async def _load_counts(connection: Connection, runs: Sequence[Run]) -> Loaded[CountedDay]:
    days: dict[tuple[int, int], CountedDay] = {}
    for row in await connection.fetch(_COUNTS, *_columns(runs)):
        for day in counted_days(row):
            days[row[0] - 1, day.day] = day
    return days


def counted_days(row: asyncpg.Record) -> Iterator[CountedDay]:
    """A row of counts.sql, day by day."""
    _, hours, *counters, costs, other_hours, currencies, others = row
    numbers = longs([hours])
    columns = exact([*(longs([counter]) for counter in counters), _amounts_of(costs)])
    amounts: dict[int, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for hour, currency, amount in zip(other_hours, currencies, _amounts_of(others), strict=True):
        amounts[hour // DAY_HOURS][hour % DAY_HOURS][currency] = amount
    days, starts = np.unique(numbers // DAY_HOURS, return_index=True)
    for day, (start, end) in zip(days.tolist(), pairwise([*starts.tolist(), len(numbers)]), strict=True):
        of_the_day = (numbers[start:end] - day * DAY_HOURS).tolist()
        yield CountedDay(day, of_the_day, columns[:, start:end], amounts.get(day, {}))


def _amounts_of(joined: str) -> list[int]:
    """Millionths of amounts that PostgreSQL joined by commas."""
    return [int(amount) for amount in joined.replace(".", "").split(",") if amount]


async def _load_operators(connection: Connection, runs: Sequence[Run]) -> Loaded[Mapping[str, Counts]]:
    days: dict[tuple[int, int], dict[str, Counts]] = defaultdict(dict)
    for row in await connection.fetch(_OPERATORS, *_columns(runs)):
        days[row[0] - 1, row[1]][row[2]] = Counts(row[3], row[4], row[5])
    return days


def _add_operators(one: Mapping[str, Counts], other: Mapping[str, Counts]) -> Mapping[str, Counts]:
    return {
        operator_id: total((one.get(operator_id, NOTHING), other.get(operator_id, NOTHING)))
        for operator_id in one.keys() | other.keys()
    }


async def _amounts(connection: Connection, runs: Sequence[Run]) -> Mapping[tuple[int, int], Amounts]:
    """Cost in other currencies by (index of the run, hour since 1970)."""
    hours: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    for number, hour, currency, cost in await connection.fetch(_COSTS, *_columns(runs)):
        hours[number - 1, hour][currency] = millionths(cost)
    return hours


def _columns(runs: Sequence[Run]) -> tuple[list[object], ...]:
    """The runs as the four arrays that every statement here takes."""
    return (
        [run.subject.kind for run in runs],
        [run.subject.id for run in runs],
        [hour_start(run.first_hour) for run in runs],
        [hour_start(run.end_hour) for run in runs],
    )


_HOURS, _COUNTS, _COSTS, _OPERATORS = (statement(_SQL, name) for name in ("hours", "counts", "costs", "operators"))

HOURS: Final = Source(
    "hours",
    _load_hours,
    empty=lambda day: HourlyDay(day, {}),
    size=lambda day: 1000 + 1500 * len(day.hours),
    whole_days=True,
    days_at_once=1000,
    archived=archived_hours,
    add=add_hourly,
)
COUNTS: Final = Source(
    "counts",
    _load_counts,
    empty=CountedDay,
    size=lambda day: 1500 + 50 * len(day.hours),
    whole_days=True,
    days_at_once=3000,
    archived=archived_counts,
    add=add_counted,
)
OPERATORS: Final[Source[Mapping[str, Counts]]] = Source(
    "operators",
    _load_operators,
    empty=lambda _: {},
    size=lambda operators: 300 + 400 * len(operators),
    whole_days=False,
    days_at_once=100,
    archived=archived_operators,
    add=_add_operators,
)
