"""What one snapshot holds of some days: clean days as daily rows, others as hours, and what is archived."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, TypeAlias

import asyncpg

from graph.access import Subject
from graph.reports import latency
from graph.reports.archive import Archive
from graph.reports.kept import Kept
from graph.reports.marks import Marks
from graph.reports.metrics import NOTHING, Counts
from graph.reports.parts import Cell, Part, make_part
from graph.reports.windows import Granularity, Slice, day_date, day_start, hour_start
from infra.postgres import Connection
from infra.sql import statement
from schema.money import parse_money

_SQL: Final = Path(__file__).parent / "sql"
_DAILY, _HOURLY, _SUMMED = (statement(_SQL, name) for name in ("daily", "hourly", "summed"))
# Stretches of hours that are read one by one; more are read as one, with what lies between.
FEW_STRETCHES: Final = 4
AT_ONCE: Final = 100  # rows that are worked on before other requests have their turn

Cells: TypeAlias = Mapping[tuple[str, Slice], Sequence[Cell]]  # by subject's id and slice; without cells absent


class Snapshot:
    """`connection` is in the transaction that took it; nothing is read of days of which `marks` says nothing."""

    def __init__(self, connection: Connection, marks: Marks, archive: Archive, kept: Kept) -> None:
        self.connection, self.marks, self.archive = connection, marks, archive
        self._kept = kept

    async def parts(
        self, subjects: Sequence[Subject], slices: Sequence[Slice], granularity: Granularity
    ) -> Sequence[Sequence[Part]]:
        """Of each subject, in order, the part of each slice: UTC days or what a window has of them, or single hours.

        The subjects are of one scope. Parts of hours come without samples, for which nobody asks.
        """
        found = self._recalled(subjects, slices, granularity)
        lacking = tuple(subject for subject, parts in found.items() if None in parts)
        if lacking:
            async with self._kept.turn((lacking, granularity)):
                found |= self._recalled(lacking, slices, granularity)
                await self._read(found, slices, granularity)
        return [[part for part in found[subject] if part is not None] for subject in subjects]

    def _recalled(
        self, subjects: Sequence[Subject], slices: Sequence[Slice], granularity: Granularity
    ) -> dict[Subject, list[Part | None]]:
        return {each: self._kept.recall((each, granularity), slices, self.marks.of_days) for each in subjects}

    async def _read(
        self, found: Mapping[Subject, list[Part | None]], slices: Sequence[Slice], granularity: Granularity
    ) -> None:
        """Puts a part wherever there is None."""
        lacking = [subject for subject, parts in found.items() if None in parts]
        if lacking:
            missing = [piece for number, piece in enumerate(slices) if any(found[s][number] is None for s in lacking)]
            cells = await self.cells(lacking[0].kind, [each.id for each in lacking], missing, with_samples=True)
            for subject in lacking:
                await self._make((subject, granularity), slices, found[subject], cells)

    async def _make(
        self, key: tuple[Subject, Granularity], slices: Sequence[Slice], parts: list[Part | None], cells: Cells
    ) -> None:
        """Makes the parts that are None, and keeps them."""
        subject, granularity = key
        for number, piece in enumerate(slices):
            if parts[number] is None:
                of_days = granularity == "daily"
                starts = day_start(piece.day) if of_days else piece.starts
                part = make_part(starts, cells.get((subject.id, piece), ()))
                parts[number] = part = part if of_days else part._replace(samples=latency.EMPTY)
                self._kept.keep(key, piece, self.marks.of_days.get(piece.day), part)
                if not number % AT_ONCE:
                    await asyncio.sleep(0)

    async def cells(
        self, scope: str, ids: Sequence[str], slices: Sequence[Slice], *, with_samples: bool = False
    ) -> Cells:
        """The rows of some subjects of one scope, whichever store they are in, by the slices that they lie in."""
        days = [piece for piece in slices if piece.is_whole_day and piece.day in self.marks.clean]
        rest = [piece for piece in slices if not (piece.is_whole_day and piece.day in self.marks.clean)]
        found: dict[tuple[str, Slice], list[Cell]] = defaultdict(list)
        if days:
            rows = await self.connection.fetch(
                _DAILY, scope, ids, day_date(days[0].day), day_date(days[-1].day + 1), with_samples
            )
            await _sort(found, map(_cell, rows), {piece.first_hour: piece for piece in days})
        of_hours = {hour: piece for piece in rest for hour in range(piece.first_hour, piece.end_hour)}
        for first, end in stretches(rest):
            arguments = scope, ids, hour_start(first), hour_start(end)
            # Hours are added up by day where days are asked for, unless samples have to be added up, too.
            rows = await (
                self.connection.fetch(_HOURLY, *arguments, with_samples)
                if with_samples or len(rest) == len(of_hours)
                else self.connection.fetch(_SUMMED, *arguments)
            )
            await _sort(found, map(_cell, rows), of_hours)
        if self.marks.batches:
            await self._archived(found, scope, ids, slices)
        return found

    async def _archived(
        self, found: dict[tuple[str, Slice], list[Cell]], scope: str, ids: Sequence[str], slices: Sequence[Slice]
    ) -> None:
        old = [piece for piece in slices if piece.day in self.marks.batches]
        whole, cut = [each for each in old if each.is_whole_day], [each for each in old if not each.is_whole_day]
        if whole:
            cells = await self.archive.days(scope, ids, whole[0].first_hour, whole[-1].end_hour)
            await _sort(found, cells, {piece.first_hour: piece for piece in whole})
        for first, end in stretches(cut):
            cells = await self.archive.hours(scope, ids, first, end)
            await _sort(
                found, cells, {hour: piece for piece in cut for hour in range(piece.first_hour, piece.end_hour)}
            )

    async def fetch_value(self, query: str, *arguments: object) -> Any:
        """One value of a statement in this snapshot."""
        return await self.connection.fetchval(query, *arguments)


def stretches(slices: Sequence[Slice]) -> Sequence[tuple[int, int]]:
    """Neighbouring hours together, FEW_STRETCHES at most: the first hour and the end of each, since 1970."""
    if not slices:
        return ()
    gaps = [(one.end_hour, other.first_hour) for one, other in pairwise(slices) if one.end_hour != other.first_hour]
    if len(gaps) >= FEW_STRETCHES:
        gaps = []
    bounds = [slices[0].first_hour, *(hour for gap in gaps for hour in gap), slices[-1].end_hour]
    return list(zip(bounds[::2], bounds[1::2], strict=True))


async def _sort(found: dict[tuple[str, Slice], list[Cell]], cells: Iterable[Cell], slices: Mapping[int, Slice]) -> None:
    """Puts cells where they belong, by their first hour; what was read without being asked for belongs nowhere."""
    for number, cell in enumerate(cells):
        piece = slices.get(cell.hour)
        if piece is not None:
            found[cell.id, piece].append(cell)
        if not number % AT_ONCE:
            await asyncio.sleep(0)


def _cell(row: asyncpg.Record) -> Cell:
    """A row of daily.sql, hourly.sql or summed.sql."""
    id_, hour, cost, bins = row["scope_id"], row["hour"], parse_money(row["cost"]), row["bins"]
    if row["currency"] is not None:
        return Cell(id_, hour, NOTHING, {row["currency"]: cost})
    held = latency.EMPTY if bins is None else latency.parse([bins], [row["counts"]])
    return Cell(id_, hour, Counts.of(row, cost), samples=held)
