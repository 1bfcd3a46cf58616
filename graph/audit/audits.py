"""Runs audit queries. Each access is logged before its answer is returned."""

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
from graph.dsl.freshness import FreshnessReader
from graph.dsl.time_ranges import add_instant
from graph.postgres import connected, with_deadline
from infra.clickhouse import ClickHouse
from infra.postgres import Pool
from schema.catalog.audit import AUDITED
from schema.instants import instant, time_of

PURPOSE: Final = "audit"  # of cursors


@dataclass(frozen=True, slots=True)
class _Read:
    """The rows of a page, the names of their columns, and whether more rows follow."""

    names: Sequence[str]
    rows: Sequence[tuple[Any, ...]]
    has_more: bool
    position: PageCursor | None

    @property
    def rows_before(self) -> int:
        """The number of rows on the pages before."""
        return 0 if self.position is None else self.position.row_number

    @property
    def end(self) -> PageCursor:
        """The position of the last row."""
        last = dict(zip(self.names, self.rows[-1], strict=True))
        return PageCursor(self.rows_before + len(self.rows), last["at"], last["key"])


class Audits:
    """Answers audit queries. A process has one."""

    def __init__(self, clickhouse: ClickHouse, pool: Pool, key: CursorKey, budget: Budget) -> None:
        self._engine = QueryEngine(clickhouse)
        self._freshness = FreshnessReader(self._engine)
        self._pool, self._key, self._budget = pool, key, budget

    async def answer(
        self, regulator: Regulator, request_id: str, body: bytes | Mapping[str, object], now: datetime | None = None
    ) -> AuditAnswer:
        """One page of facts. Relative windows are resolved at `now` (default: the clock).

        Cancelling ends the query in the engine, too.

        Raises InvalidQueryError with all problems; RateLimitedError; QueryTooExpensiveError;
        DependencyUnavailableError, also when the access could not be logged.
        """
        began, query = time.perf_counter(), parse(body, now)
        context = query.fingerprint(regulator.name)
        with self._budget.query(None) as charge:
            position = await self._position(query, context)
            as_of = (await self._freshness.of(AUDITED[query.dataset].table.name)).data_as_of
            proof = await self._evidence(query)
            read = await self._read(query, position, charge)
            known = await self._has_facts(query, read, charge)
        page, truncated = await self._page(query, read, context)
        access_id = await self._log(regulator, request_id, query, read)
        return AuditAnswer(
            data=printed(query.dataset, read.names, read.rows),
            page=page,
            meta=AuditMeta(
                dataset=query.dataset,
                tenant_id=query.tenant_id,
                tenant_known=known,
                window=QueryWindow(query.from_, query.to),
                data_as_of=as_of,
                rows_before=read.rows_before,
                row_cap=ROW_CAP,
                truncated=truncated,
                access_id=access_id,
                elapsed_ms=round((time.perf_counter() - began) * 1000),
            ),
            evidence=proof,
        )

    async def _evidence(self, query: AuditQuery) -> Evidence | None:
        """Evidence for the whole window, on the first page if requested.

        It is read before the facts, so that a fact of a leaf is in the rows, too.
        """
        if not query.evidence or query.after is not None:
            return None
        return await evidence(self._pool, query.tenant_id, query.from_, query.to, query.log_size)

    async def _position(self, query: AuditQuery, context: str) -> PageCursor | None:
        if query.after is None:
            return None
        row_number, at, key = (await self._key.cursors()).open(PURPOSE, context, query.after, tuple[int, int, int])
        return PageCursor(row_number, time_of(at), key)

    async def _read(self, query: AuditQuery, position: PageCursor | None, charge: Charge) -> _Read:
        """Reads slice after slice until the page is full and one more row is known."""
        limit = min(query.limit, ROW_CAP - (position.row_number if position else 0))
        names: Sequence[str] = ()
        found: list[tuple[Any, ...]] = []
        query_id, behind = str(uuid4()), position
        for number, time_slice in enumerate(slices(position.at if position else query.from_, query.to)):
            sliced = statement(query, time_slice, behind, limit + 1 - len(found))
            (rows,) = await self._engine.run([sliced], f"{query_id}/{number}", charge)
            names = [column.name for column in sliced.columns]
            found += zip(*rows.columns, strict=True)
            if len(found) > limit:
                break
            behind = None  # later slices begin after the position
        return _Read(names, found[:limit], len(found) > limit, position)

    async def _has_facts(self, query: AuditQuery, read: _Read, charge: Charge) -> bool:
        """Whether the tenant has any fact, also when none matches the query."""
        if read.rows or read.rows_before:
            return True
        statements = [any_fact(facts, query.tenant_id) for facts in AUDITED.values()]
        return any(len(rows) for rows in await self._engine.run(statements, str(uuid4()), charge))

    async def _page(self, query: AuditQuery, read: _Read, context: str) -> tuple[Page, bool]:
        """The page's cursor, and whether the cap cut off further rows."""
        if not read.has_more:
            return Page(), False
        end = read.end
        if end.row_number >= ROW_CAP:
            return Page(), True
        cursor = (await self._key.cursors()).sign(PURPOSE, context, (end.row_number, instant(end.at), end.key))
        return Page(add_instant(cursor, query.at), has_next_page=True), False

    async def _log(self, regulator: Regulator, request_id: str, query: AuditQuery, read: _Read) -> int:
        what = (query.tenant_id, query.to_payload(), read.rows_before, len(read.rows))
        async with with_deadline("audit_access_log", self._pool), connected(self._pool) as connection:
            return await record(connection, regulator, request_id, "query", *what)
