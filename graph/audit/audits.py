"""From an audit query to its answer, which nobody sees before it is recorded."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from graph.access.budget import Budget, Charge
from graph.access.cursors import CursorKey
from graph.audit.access import record
from graph.audit.answers import ROW_CAP, AuditAnswer, AuditMeta, printed
from graph.audit.evidence import Evidence, evidence
from graph.audit.regulator import Regulator
from graph.audit.request import AuditQuery, parse
from graph.audit.statements import PageCursor, any_fact, slices, statement
from graph.dsl.answers import Page, QueryWindow
from graph.dsl.execute import QueryEngine
from graph.dsl.freshness import Freshness
from graph.dsl.time_ranges import add_instant
from graph.postgres import connected, with_deadline
from infra.clickhouse import ClickHouse
from infra.postgres import Pool
from schema.catalog.audit import AUDITED
from schema.instants import instant, time_of

PURPOSE: Final = "audit"  # of cursors


@dataclass(frozen=True, slots=True)
class _Read:
    """A page, the names of its columns, and whether there are rows after it."""

    names: Sequence[str]
    rows: Sequence[tuple[Any, ...]]
    has_more: bool
    position: PageCursor | None

    @property
    def seen(self) -> int:
        """Rows of the pages before."""
        return 0 if self.position is None else self.position.seen

    @property
    def end(self) -> PageCursor:
        last = dict(zip(self.names, self.rows[-1], strict=True))
        return PageCursor(self.seen + len(self.rows), last["at"], last["key"])


class Audits:
    """One for a process."""

    def __init__(self, clickhouse: ClickHouse, pool: Pool, key: CursorKey, budget: Budget) -> None:
        self._engine = QueryEngine(clickhouse)
        self._freshness = Freshness(self._engine)
        self._pool, self._key, self._budget = pool, key, budget

    async def answer(
        self, regulator: Regulator, request_id: str, body: bytes | Mapping[str, object], now: datetime | None = None
    ) -> AuditAnswer:
        """`now`: what a window that moves is resolved against; by default, the clock's.

        Cancelling ends the query in the engine, too.

        InvalidQueryError has every problem; RateLimitedError, QueryTooExpensiveError, DependencyUnavailableError, also
        when the access could not be recorded.
        """
        began, asked = time.perf_counter(), parse(body, now)
        context = asked.fingerprint(regulator.name)
        with self._budget.query(None) as charge:
            position = await self._opened(asked, context)
            as_of = (await self._freshness.of(AUDITED[asked.dataset].table.name)).data_as_of
            proof = await self._evidence(asked)
            read = await self._read(asked, position, charge)
            known = await self._knows(asked, read, charge)
        page, truncated = await self._page(asked, read, context)
        access_id = await self._recorded(regulator, request_id, asked, read)
        return AuditAnswer(
            data=printed(asked.dataset, read.names, read.rows),
            page=page,
            meta=AuditMeta(
                dataset=asked.dataset,
                tenant_id=asked.tenant_id,
                tenant_known=known,
                window=QueryWindow(asked.from_, asked.to),
                data_as_of=as_of,
                rows_before=read.seen,
                row_cap=ROW_CAP,
                truncated=truncated,
                access_id=access_id,
                elapsed_ms=round((time.perf_counter() - began) * 1000),
            ),
            evidence=proof,
        )

    async def _evidence(self, asked: AuditQuery) -> Evidence | None:
        """Once for a walk, of the whole window; before its facts, so that each fact a leaf is over is read after it."""
        if not asked.evidence or asked.after is not None:
            return None
        return await evidence(self._pool, asked.tenant_id, asked.from_, asked.to)

    async def _opened(self, asked: AuditQuery, context: str) -> PageCursor | None:
        if asked.after is None:
            return None
        seen, at, key = (await self._key.cursors()).open(PURPOSE, context, asked.after, tuple[int, int, int])
        return PageCursor(seen, time_of(at), key)

    async def _read(self, asked: AuditQuery, position: PageCursor | None, charge: Charge) -> _Read:
        """Slice after slice, until there is one row more than the page has."""
        limit = min(asked.limit, ROW_CAP - (position.seen if position else 0))
        names: Sequence[str] = ()
        found: list[tuple[Any, ...]] = []
        query_id, behind = str(uuid4()), position
        for number, part in enumerate(slices(position.at if position else asked.from_, asked.to)):
            wanted = statement(asked, part, behind, limit + 1 - len(found))
            (rows,) = await self._engine.run([wanted], f"{query_id}/{number}", charge)
            names = [column.name for column in wanted.columns]
            found += zip(*rows.columns, strict=True)
            if len(found) > limit:
                break
            behind = None  # the next slice begins after it
        return _Read(names, found[:limit], len(found) > limit, position)

    async def _knows(self, asked: AuditQuery, read: _Read, charge: Charge) -> bool:
        """Whether there is any fact of the tenant: an empty page says no more than that none matches."""
        if read.rows or read.seen:
            return True
        wanted = [any_fact(facts, asked.tenant_id) for facts in AUDITED.values()]
        return any(len(rows) for rows in await self._engine.run(wanted, str(uuid4()), charge))

    async def _page(self, asked: AuditQuery, read: _Read, context: str) -> tuple[Page, bool]:
        """Where the next page begins, and whether there would be one but for the cap."""
        if not read.has_more:
            return Page(), False
        end = read.end
        if end.seen >= ROW_CAP:
            return Page(), True
        cursor = (await self._key.cursors()).sign(PURPOSE, context, (end.seen, instant(end.at), end.key))
        return Page(add_instant(cursor, asked.at), has_next_page=True), False

    async def _recorded(self, regulator: Regulator, request_id: str, asked: AuditQuery, read: _Read) -> int:
        what = (asked.tenant_id, asked.to_payload(), read.seen, len(read.rows))
        async with with_deadline("audit_access_log", self._pool), connected(self._pool) as connection:
            return await record(connection, regulator, request_id, "query", *what)
