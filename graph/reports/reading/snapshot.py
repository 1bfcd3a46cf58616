"""What one snapshot holds of some days: clean days as daily rows, others as hours, and what is archived."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg

from graph.access.scope import Subject
from graph.reports import latency
from graph.reports.reading.archive import Archive
from graph.reports.reading.kept import Kept
from graph.reports.reading.marks import Marks
from graph.reports.reading.parts import Cell, Part, make_part
from graph.reports.reading.rows import AT_ONCE, STATEMENTS, Cells, Wanted, by_slice, make_cell
from graph.reports.windows import Granularity, Slice, day_start
from infra.postgres import Connection
from infra.sql import statement

_OPERATORS: Final = statement(Path(__file__).parent / "sql", "archived_operators")
_PART_BYTES: Final = 1500  # without its samples


class NotKeptError(Exception):
    """A report needs more than is remembered of its days."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process remembers of days: parts by subject and granularity, and sets of active accounts."""

    parts: Kept[Part] = field(default_factory=Kept)
    active: Kept[int] = field(default_factory=Kept)


class Snapshot:
    """`connection` is in the transaction that took it; None: there is only what was read `beside` the marks.

    NotKeptError then tells that something else was needed. Nothing is read of days of which `marks` says nothing.
    """

    def __init__(
        self,
        connection: "Connection | None",
        marks: Marks,
        archive: Archive,
        memory: Memory,
        beside: tuple[Wanted, Sequence[asyncpg.Record]] | None,
    ) -> None:
        self.marks, self.archive, self.memory = marks, archive, memory
        self._connection, self._beside = connection, beside

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            raise NotKeptError
        return self._connection

    async def parts(
        self, subjects: Sequence[Subject], slices: Sequence[Slice], granularity: Granularity
    ) -> Sequence[Sequence[Part]]:
        """Of each subject, in order, the part of each slice: UTC days or what a window has of them, or single hours.

        The subjects are of one scope. Parts of hours come without samples, for which nobody asks.
        """
        found = self._recalled(subjects, slices, granularity)
        lacking = tuple(subject for subject, parts in found.items() if None in parts)
        if lacking and self.connection:
            async with self.memory.parts.turn((lacking, granularity)):
                found |= self._recalled(lacking, slices, granularity)
                await self._read(found, slices, granularity)
        return [[part for part in found[subject] if part is not None] for subject in subjects]

    def _recalled(
        self, subjects: Sequence[Subject], slices: Sequence[Slice], granularity: Granularity
    ) -> dict[Subject, list[Part | None]]:
        return {each: self.memory.parts.recall((each, granularity), slices, self.marks.of_days) for each in subjects}

    async def _read(
        self, found: Mapping[Subject, list[Part | None]], slices: Sequence[Slice], granularity: Granularity
    ) -> None:
        """Puts a part wherever there is None."""
        lacking = [subject for subject, parts in found.items() if None in parts]
        if lacking:
            missing = [piece for number, piece in enumerate(slices) if any(found[s][number] is None for s in lacking)]
            ids = tuple(each.id for each in lacking)
            cells = await self.cells(Wanted(lacking[0].kind, ids, tuple(missing), with_samples=True))
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
                size = _PART_BYTES + part.samples.nbytes
                self.memory.parts.keep(key, piece, self.marks.of_days.get(piece.day), part, size)
                if not number % AT_ONCE:
                    await asyncio.sleep(0)

    async def cells(self, wanted: Wanted) -> Cells:
        """The rows that are wanted, whichever store they are in, by the slices that they lie in."""
        return await by_slice(await self._cells(wanted), wanted.slices)

    async def sums(self, wanted: Wanted) -> Mapping[str, Sequence[Cell]]:
        """The same altogether, by subject's id."""
        found: dict[str, list[Cell]] = defaultdict(list)
        for cell in await self._cells(wanted):
            found[cell.id].append(cell)
        return found

    async def _cells(self, wanted: Wanted) -> list[Cell]:
        if self._beside is not None and self._beside[0] is wanted:
            rows = self._beside[1]
        else:
            rows = await self.connection.fetch(STATEMENTS[wanted.statement], *wanted.arguments)
        return [*map(make_cell, rows), *(await self._archived(wanted))]

    async def _archived(self, wanted: Wanted) -> Sequence[Cell]:
        old = [piece for piece in wanted.slices if piece.day in self.marks.batches]
        if not old:
            return ()
        ids = await self.fetch_value(_OPERATORS) if wanted.ids is None else wanted.ids
        return await self.archive.cells(wanted.kind, ids, old)

    async def fetch_value(self, query: str, *arguments: object) -> Any:
        """One value of a statement in this snapshot."""
        return await self.connection.fetchval(query, *arguments)
