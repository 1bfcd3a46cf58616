"""From a query as it was sent to its answer: the one way for REST and GraphQL."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from graph.access import Scope, readable_extent
from graph.access.addenda_log import UnmaskingLog
from graph.access.budget import Budget, Charge
from graph.access.cursors import CursorKey, PagePosition
from graph.access.pseudonyms import PseudonymByMno, Pseudonyms
from graph.dsl import answers
from graph.dsl.answers import Explanation, Page, PrintedColumn, QueryAnswer
from graph.dsl.ast import Query
from graph.dsl.compile import Compiled, compile_query, fingerprint
from graph.dsl.execute import Engine, Rows
from graph.dsl.freshness import Freshness, ProgressSnapshots
from graph.dsl.newcomers import Newcomers
from graph.dsl.parse import parse
from graph.dsl.plan import unmasked
from graph.dsl.scope import query_scope, reads_names, tenant_of
from graph.dsl.select import Statement
from graph.dsl.spans import keep_instant
from graph.errors import InvalidQueryError
from infra.clickhouse import ClickHouse

PURPOSE: Final = "query"  # of cursors


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, its rows once more as columns, and whether MNOs stand there under pseudonyms."""

    answer: QueryAnswer
    columns: Sequence[PrintedColumn]
    has_pseudonyms: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query under way.

    `tenant_id`: whose it is, None for the platform's own; `id`: in the engine's logs; `request_id`: the caller's;
    `began`: of the performance counter.
    """

    query: Query
    caller: Scope
    tenant_id: str | None
    id: str
    request_id: str
    charge: Charge
    began: float


class Queries:
    """The query layer: one for a process, as budget and memory are."""

    def __init__(
        self,
        clickhouse: ClickHouse,
        pseudonyms: Pseudonyms,
        unmaskings: UnmaskingLog,
        key: CursorKey,
        budget: Budget,
        snapshots: ProgressSnapshots,
    ) -> None:
        self._engine = Engine(clickhouse)
        self._freshness = Freshness(self._engine, snapshots)
        self._newcomers = Newcomers(self._engine, pseudonyms)
        self._pseudonyms, self._unmaskings = pseudonyms, unmaskings
        self._key, self._budget = key, budget

    async def answer(
        self, caller: Scope, body: bytes | Mapping[str, object], request_id: str, now: datetime | None = None
    ) -> Answered:
        """`now`: what a window that moves is resolved against; by default, the clock's.

        Cancelling ends the query in the engine, too. What an addendum alone shows is logged before it is answered.

        InvalidQueryError has every problem; ForbiddenError, RateLimitedError, QueryTooExpensiveError,
        DependencyUnavailableError.
        """
        began = time.perf_counter()
        query, tenant_id = parse(body, now), tenant_of(caller)
        with self._budget.query(tenant_id) as charge:
            asked = _Asked(query, caller, tenant_id, str(uuid4()), request_id, charge, began)
            compiled, context = await self._compiled(asked)
            if query.explain:
                return await self._explained(asked, compiled)
            answered = await self._run(asked, compiled, context)
            if tenant_id is not None and await self._newcomers.met(
                tenant_id, query.dataset, compiled, answered.columns
            ):
                compiled, context = await self._compiled(asked)
                answered = await self._run(asked, compiled, context)
            if tenant_id is not None and (shown := unmasked(compiled.plan)):
                await self._unmaskings.log(tenant_id, caller.caller, request_id, f"{query.dataset}: {', '.join(shown)}")
            return answered

    async def _compiled(self, asked: _Asked) -> tuple[Compiled, str]:
        """The statements, and the context of their cursors."""
        pseudonyms = await self._pseudonyms_of(asked.caller, asked.tenant_id)
        scope, after = query_scope(asked.caller, pseudonyms), asked.query.after
        context = fingerprint(asked.query, scope)
        position = None if after is None else (await self._key.cursors()).open(PURPOSE, context, after, PagePosition)
        return compile_query(asked.query, scope, position), context

    async def _pseudonyms_of(self, caller: Scope, tenant_id: str | None) -> PseudonymByMno:
        """None: the caller reads names."""
        if readable_extent(caller, "MNO") == "EVERYBODYS":
            return None
        if tenant_id is None:
            raise AssertionError("pseudonyms are a tenant's")
        return await self._pseudonyms.of_tenant(tenant_id)

    async def _run(self, asked: _Asked, compiled: Compiled, context: str) -> Answered:
        await self._check_currencies(asked, compiled)
        reach = await self._freshness.of(compiled.source)
        rows, *totals = await self._charged(asked, compiled, compiled.statements, asked.id)
        columns = answers.printed_columns(compiled.rows.columns, rows, compiled.limit, compiled.timezone)
        page, truncated = await self._page(asked, compiled, context, rows)
        answer = QueryAnswer(
            data=answers.as_rows(columns),
            totals=answers.totals(compiled, totals[0]) if totals else None,
            page=page,
            meta=answers.meta(compiled, reach, truncated=truncated, began=asked.began),
        )
        return Answered(answer, columns, not reads_names(compiled.plan.scope))

    async def _page(self, asked: _Asked, compiled: Compiled, context: str, rows: Rows) -> tuple[Page, bool]:
        """Where the next page begins, and whether there would be one but for the cap."""
        if len(rows) <= compiled.limit:
            return Page(), False
        if compiled.seen + compiled.limit >= compiled.row_cap:
            return Page(), True
        last = compiled.end([values[compiled.limit - 1] for values in rows.columns])
        cursor = (await self._key.cursors()).sign(PURPOSE, context, last)
        return Page(keep_instant(cursor, asked.query.at), has_next_page=True), False

    async def _check_currencies(self, asked: _Asked, compiled: Compiled) -> None:
        """InvalidQueryError where amounts of several currencies would be added up."""
        if compiled.currencies is None:
            return
        (found,) = await self._charged(asked, compiled, [compiled.currencies], f"{asked.id}/currencies")
        if len(found) > 1:
            problem = compiled.currency_problem
            raise InvalidQueryError(f"{problem.path}: {problem.message}", [problem])

    async def _charged(
        self, asked: _Asked, compiled: Compiled, statements: Sequence[Statement], query_id: str
    ) -> Sequence[Rows]:
        """What statements give. A tenant pays for its own rows, which are counted.

        What the engine says that it read are whole blocks of rows, others' among them: the platform's callers pay that.
        """
        if asked.tenant_id is None:
            return await self._engine.run(statements, query_id, asked.charge)
        *found, count = await self._engine.run([*statements, compiled.count], query_id, Charge())
        ((own,),) = count.columns
        asked.charge.add(own * len(statements))
        return found

    async def _explained(self, asked: _Asked, compiled: Compiled) -> Answered:
        reach = await self._freshness.of(compiled.source)
        answer = QueryAnswer(
            data=[],
            page=Page(),
            meta=answers.meta(compiled, reach, truncated=False, began=asked.began),
            explain=await self._explanation(asked, compiled),
        )
        return Answered(answer, [], not reads_names(compiled.plan.scope))

    async def _explanation(self, asked: _Asked, compiled: Compiled) -> Explanation:
        if asked.tenant_id is not None:
            return answers.explanation(compiled)
        (estimate,) = await self._engine.run([compiled.estimate], f"{asked.id}/estimate", asked.charge)
        return answers.whole_explanation(compiled, estimate)
