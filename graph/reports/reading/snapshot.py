"""What a report reads in one snapshot: totals by slice, from the cache or from the rows of both stores."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg

from graph.access.scope import Subject
from graph.reports import latency
from graph.reports.metrics import NOTHING, Counts, total
from graph.reports.reading.archive import Archive
from graph.reports.reading.cache import VersionedCache
from graph.reports.reading.cells import Cell, SliceTotals, add_totals, make_totals
from graph.reports.reading.rows import ROWS_PER_STEP, STATEMENTS, CellsBySlice, Selection, by_slice, make_cells
from graph.reports.reading.versions import Versions
from graph.reports.windows import DaySlice, Granularity, day_start, whole_days
from infra.postgres import Connection
from infra.sql import statement

_OPERATORS: Final = statement(Path(__file__).parent / "sql", "archived_operators")
_TOTALS_BYTES: Final = 1500  # the size of SliceTotals without samples


class NotCachedError(Exception):
    """A report needs values that are neither cached nor prefetched."""


@dataclass(frozen=True, slots=True)
class ReportCache:
    """What a process keeps between reports: totals of slices and of runs of days, and sets of active accounts."""

    totals: VersionedCache[SliceTotals] = field(default_factory=VersionedCache)
    runs: VersionedCache[SliceTotals] = field(default_factory=VersionedCache)
    active: VersionedCache[int] = field(default_factory=VersionedCache)


class Snapshot:
    """One snapshot of both stores, of the days in `versions`.

    `connection`: in the snapshot's transaction. If it is None, the snapshot has only the cache and the `prefetched`
    rows of one selection; all other reads raise NotCachedError.
    """

    def __init__(
        self,
        connection: "Connection | None",
        versions: Versions,
        archive: Archive,
        cache: ReportCache,
        prefetched: tuple[Selection, asyncpg.Record] | None,
    ) -> None:
        self.versions, self.archive, self.cache = versions, archive, cache
        self._connection, self._prefetched = connection, prefetched

    @property
    def connection(self) -> Connection:
        """The connection in the snapshot's transaction. Raises NotCachedError if there is none."""
        if self._connection is None:
            raise NotCachedError
        return self._connection

    async def totals(
        self, subjects: Sequence[Subject], slices: Sequence[DaySlice], granularity: Granularity
    ) -> Sequence[Sequence[SliceTotals]]:
        """The totals of each slice for each subject of one kind, both in order.

        Slices are one per UTC day (`daily`) or single hours (`hourly`). Totals of hours have no samples, as no report
        needs them.
        """
        found = self._cached(subjects, slices, granularity)
        incomplete = tuple(subject for subject, totals in found.items() if None in totals)
        if incomplete and self.connection:
            async with self.cache.totals.single_flight((incomplete, granularity)):
                found |= self._cached(incomplete, slices, granularity)
                await self._fill(found, slices, granularity)
        return [[each for each in found[subject] if each is not None] for subject in subjects]

    async def sums(self, subjects: Sequence[Subject], slices: Sequence[DaySlice]) -> Sequence[SliceTotals]:
        """The totals of all slices of a window together for each subject of one kind, in order, with points of days.

        The totals of the window's whole days are cached as one value, a run: adding up 90 days costs more than the rest
        of a report. A subject whose run is cached needs only the edges, the first and last slice if they are no whole
        days. All slices of the other subjects are read.
        """
        begin, end = whole_days(slices)
        if end - begin < 2:
            return [add_totals(each) for each in await self.totals(subjects, slices, "daily")]
        days, edges = slices[begin:end], [*slices[:begin], *slices[end:]]
        key, version = (days[0].day, days[-1].day), self.versions.of_run(days)
        known = {each: self.cache.runs.get_one(each, key, version) for each in subjects}
        runs = {subject: run for subject, run in known.items() if run is not None}
        missing = [each for each in subjects if each not in runs]
        cached = [each for each in subjects if each in runs]
        edges_of = dict(zip(cached, await self.totals(cached, edges, "daily"), strict=True))
        for subject, totals in zip(missing, await self.totals(missing, slices, "daily"), strict=True):
            runs[subject] = run = add_totals(totals[begin:end])
            edges_of[subject] = [*totals[:begin], *totals[end:]]
            self.cache.runs.put(subject, key, version, run, _TOTALS_BYTES + run.samples.nbytes + 8 * len(run.points))
        return [add_totals([*edges_of[each][:begin], runs[each], *edges_of[each][begin:]]) for each in subjects]

    def _cached(
        self, subjects: Sequence[Subject], slices: Sequence[DaySlice], granularity: Granularity
    ) -> dict[Subject, list[SliceTotals | None]]:
        return {each: self.cache.totals.get((each, granularity), slices, self.versions.by_day) for each in subjects}

    async def _fill(
        self,
        found: Mapping[Subject, list[SliceTotals | None]],
        slices: Sequence[DaySlice],
        granularity: Granularity,
    ) -> None:
        """Replaces each None by totals, from rows that are read for all subjects together."""
        incomplete = [subject for subject, totals in found.items() if None in totals]
        if incomplete:
            ids = tuple(subject.id for subject in incomplete)
            missing = tuple(
                each
                for number, each in enumerate(slices)
                if any(found[subject][number] is None for subject in incomplete)
            )
            cells = await self.cells(Selection(incomplete[0].kind, ids, missing, with_samples=True))
            for subject in incomplete:
                await self._add_up((subject, granularity), slices, found[subject], cells)

    async def _add_up(
        self,
        key: tuple[Subject, Granularity],
        slices: Sequence[DaySlice],
        totals: list[SliceTotals | None],
        cells: CellsBySlice,
    ) -> None:
        """Replaces each None by totals of one subject, and caches these."""
        subject, granularity = key
        for number, day_slice in enumerate(slices):
            if totals[number] is None:
                is_daily = granularity == "daily"
                starts = day_start(day_slice.day) if is_daily else day_slice.starts
                made = make_totals(starts, cells.get((subject.id, day_slice), ()))
                totals[number] = made = made if is_daily else made._replace(samples=latency.EMPTY)
                size = _TOTALS_BYTES + made.samples.nbytes
                self.cache.totals.put(key, day_slice, self.versions.by_day.get(day_slice.day), made, size)
                if not number % ROWS_PER_STEP:
                    await asyncio.sleep(0)

    async def cells(self, selection: Selection) -> CellsBySlice:
        """The selected cells of both stores, by subject's id and slice."""
        return await by_slice(await self._cells(selection), selection.slices)

    async def cells_by_id(self, selection: Selection) -> Mapping[str, Sequence[Cell]]:
        """The selected cells of both stores, by subject's id."""
        found: dict[str, list[Cell]] = defaultdict(list)
        for cell in await self._cells(selection):
            found[cell.id].append(cell)
        return found

    async def hours(self, selection: Selection) -> Mapping[int, Counts]:
        """The counts of one subject by hour since 1970, of a selection by `hours`. No key without counts."""
        found: dict[int, Counts] = {}
        for cell in await self._cells(selection):
            if cell.counts is not NOTHING:
                before = found.get(cell.hour)
                found[cell.hour] = cell.counts if before is None else total((before, cell.counts))
        return found

    async def _cells(self, selection: Selection) -> list[Cell]:
        if self._prefetched is not None and self._prefetched[0] is selection:
            columns = self._prefetched[1]
        else:
            (columns,) = await self.connection.fetch(STATEMENTS[selection.statement], *selection.arguments)
        return [*make_cells(columns), *(await self._archived(selection))]

    async def _archived(self, selection: Selection) -> Sequence[Cell]:
        archived = [each for each in selection.slices if each.day in self.versions.batches]
        if not archived:
            return ()
        if selection.grouping == "hours":
            archived = [hour for each in archived for hour in each.hours]
        ids = await self.fetch_value(_OPERATORS) if selection.ids is None else selection.ids
        return await self.archive.cells(selection.kind, ids, archived)

    async def fetch_value(self, query: str, *arguments: object) -> Any:
        """The one value of a statement in this snapshot."""
        return await self.connection.fetchval(query, *arguments)
