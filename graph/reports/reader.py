"""Reads pieces in one snapshot: from memory where a day's mark still holds, else from PostgreSQL."""

import asyncio
from collections.abc import Hashable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from weakref import WeakValueDictionary

from graph.postgres import LIMIT, connected, promptly
from graph.reports.active import account_sources
from graph.reports.archive import Archive, archive_of
from graph.reports.cache import AnswerCache, PieceCache
from graph.reports.marks import Seen, Span, see
from graph.reports.quality import CompleteUntil
from graph.reports.reading import A, Batch, Question, Reading, Stretch, batches, missing
from graph.reports.runs import Run
from graph.reports.sources import Want
from graph.reports.turns import Turns
from graph.reports.watch import Watch
from graph.reports.windows import DAY_HOURS, FIRST_DAY, LAST_DAY, Slice
from infra.clickhouse import ClickHouse
from infra.postgres import Connection, Pool, statement

# Up to so many missing pieces, callers wait only for those that miss the very same; past it, for whoever misses many.
FEW_PIECES: Final = 12
# A snapshot does not cover what drops a month's partition, so this comes before it: the first statement takes it.
_HOLD_TABLES: Final = statement(Path(__file__).parent / "sql", "hold_tables")
# What is seen of the days begins and ends at multiples of so many.
SPAN_DAYS: Final = 32


class Reader:
    """The only way from a report to PostgreSQL, and to what has left it for ClickHouse.

    `currency` is the one that total_cost is in; `accounts` are the sources that number accounts for this reader;
    `complete_until` tells how far the streams are counted.
    """

    def __init__(
        self,
        pool: Pool,
        currency: str,
        clickhouse: ClickHouse,
        complete_until: CompleteUntil = lambda: None,
        *,
        limit: float = LIMIT,
        at_once: int | None = None,
    ) -> None:
        self._pool, self._limit = pool, limit
        self._turns_to_read = Turns(at_once or max(pool.get_max_size() * 3 // 4, 1))
        self.currency, self.complete_until = currency, complete_until
        self.accounts = account_sources()
        self._connection = partial(connected, pool)
        self._clickhouse = clickhouse
        self._pieces, self._answers = PieceCache(), AnswerCache()
        self._watch = Watch(self._connection)
        self._turns: WeakValueDictionary[object, asyncio.Lock] = WeakValueDictionary()

    async def answer(self, *questions: Question[A]) -> list[A]:
        """The answers, in order, all of one snapshot. DependencyUnavailableError when it is away."""
        wants = [want for question in questions for want in question.wants]
        async with promptly("report", self._pool, self._limit), self._turns_to_read.taken():
            if not all(map(self._pieces.has, wants)):
                return self._built(questions, await self._in_turn(wants, _subjects(wants)))
            seen = await self._watch.look(_span(wants))
            found = [self._answers.recall(question.key, seen) for question in questions]
            return self._built(questions, await self._read(wants, seen)) if None in found else found

    async def read(self, *wants: Want[Any]) -> Reading:
        """Pieces of one snapshot, for an answer that is not worth keeping. DependencyUnavailableError."""
        async with promptly("report", self._pool, self._limit), self._turns_to_read.taken():
            return await self._read(wants, await self._watch.look(_span(wants)))

    async def fetch_value(self, query: str, *arguments: object) -> Any:
        """One value of a statement in a snapshot of its own. DependencyUnavailableError when it is away."""
        async with promptly("report", self._pool, self._limit), self._connection() as connection:
            return await connection.fetchval(query, *arguments)

    def _built(self, questions: Sequence[Question[A]], reading: Reading) -> list[A]:
        answers = [question.build(reading) for question in questions]
        if reading.has_marks:
            for question, answer in zip(questions, answers, strict=True):
                self._answers.keep(question.key, reading.seen, answer, question.points)
        return answers

    async def _read(self, wants: Sequence[Want[Any]], seen: Seen) -> Reading:
        """From memory if all is there, and else from one snapshot."""
        reading = self._recall(wants, seen)
        if reading.is_complete:
            return reading
        if not reading.has_marks:
            return await self._loaded(wants)
        pieces = [piece for stretch in missing(reading) for piece in stretch.pieces]
        return await self._in_turn(wants, frozenset(pieces) if len(pieces) <= FEW_PIECES else _subjects(wants))

    async def _in_turn(self, wants: Sequence[Want[Any]], read: Hashable) -> Reading:
        """Of several callers that are about to `read` the same, one does; the others wait, and find it kept."""
        turn = self._turns.setdefault(read, asyncio.Lock())
        if not turn.locked():
            async with turn:
                return await self._loaded(wants)
        async with turn:
            pass
        return await self._loaded(wants)

    async def _loaded(self, wants: Sequence[Want[Any]]) -> Reading:
        """The wants as one snapshot shows them, with what memory lacks read from it."""
        async with (
            self._connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute(_HOLD_TABLES)
            span = _span(wants)
            (seen,) = await see(connection, [span])
            reading = self._recall(wants, seen)
            archive = await archive_of(connection, self._clickhouse, span, 0.8 * self._limit)
            for batch in batches(reading):
                await (self._lump if batch.lumped else self._load)(connection, archive, reading, batch)
            return reading

    async def _load(self, connection: Connection, archive: Archive, reading: Reading, batch: Batch) -> None:
        """Reads days one by one, and keeps them."""
        runs = [_run(stretch, stretch.want.stored) for stretch in batch.stretches]
        loaded = await batch.source.read(connection, archive, runs)
        for number, (want, days, _) in enumerate(batch.stretches):
            for index in days:
                piece = want.stored[index]
                content = loaded.get((number, piece.day))
                if content is None:
                    content = batch.source.empty(piece.day)
                reading.pieces[want][index] = content
                self._pieces.keep(batch.source, want.subject, piece, reading.seen, content)

    async def _lump(self, connection: Connection, archive: Archive, reading: Reading, batch: Batch) -> None:
        """Reads stretches as one piece each, which stands for all of its days."""
        for stretch in batch.stretches:
            run = _run(stretch, stretch.want.slices)
            content = await batch.source.read_lump(connection, archive, run)
            reading.pieces[stretch.want][stretch.days[0] : stretch.days[-1] + 1] = [content] * len(stretch.days)

    def _recall(self, wants: Sequence[Want[Any]], seen: Seen) -> Reading:
        return Reading(seen, {want: self._pieces.recall(want, seen) for want in wants})


def _subjects(wants: Sequence[Want[Any]]) -> Hashable:
    return frozenset((want.source, want.subject) for want in wants)


def _span(wants: Sequence[Want[Any]]) -> Span:
    """The days that any of the wants touches, and some more: windows that differ little share what is seen."""
    windows = [want.slices for want in wants]
    first, last = min(slices[0].day for slices in windows), max(slices[-1].day for slices in windows)
    return max(first - first % SPAN_DAYS, FIRST_DAY), min(last - last % SPAN_DAYS + SPAN_DAYS - 1, LAST_DAY)


def _run(stretch: Stretch, slices: Sequence[Slice]) -> Run:
    first, last = slices[stretch.days[0]], slices[stretch.days[-1]]
    return Run(stretch.want.subject, first.day * DAY_HOURS + first.first, last.day * DAY_HOURS + last.end)
