"""Answers queries, from JSON to rows, for REST and GraphQL alike."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from graph.access import Scope, administration
from graph.access.addenda_log import UnmaskingLog
from graph.access.budget import Budget, Charge
from graph.access.cursors import CursorKey, PagePosition
from graph.access.pseudonyms import Pseudonyms
from graph.dsl import answers
from graph.dsl.answers import Explanation, Page, PrintedColumn, QueryAnswer
from graph.dsl.ast import Query
from graph.dsl.compile import Compiled, compile_query, fingerprint
from graph.dsl.execute import QueryEngine, Rows
from graph.dsl.freshness import FreshnessReader, ProgressSnapshots, TableFreshness
from graph.dsl.marks import MarkReader
from graph.dsl.new_mnos import NewMnos, lacks_pseudonyms
from graph.dsl.parse import parse
from graph.dsl.plan import unmasked
from graph.dsl.scope import query_scope, reads_names, tenant_of
from graph.dsl.states import Part, read_count_and_parts, read_parts, state_of
from graph.dsl.table_status import TableStatus, table_statuses
from graph.dsl.time_ranges import add_instant
from graph.dsl.verified import Verified, VerifiedReader
from graph.http.admission import end_admission
from graph.validation import current_validation
from infra.clickhouse import ClickHouse

PURPOSE: Final = "query"  # of cursors


@dataclass(frozen=True, slots=True)
class QueryResult:
    """An answer, its rows by column for other formats, and whether its MNOs are pseudonyms."""

    answer: QueryAnswer
    columns: Sequence[PrintedColumn]
    has_pseudonyms: bool


@dataclass(frozen=True, slots=True)
class _Request:
    """A running query.

    `tenant_id` is None for the platform's own callers. `id` is the query's id in the engine's logs, `request_id` that
    of the HTTP request. `began` is the performance counter at its arrival, in seconds.
    """

    query: Query
    caller: Scope
    tenant_id: str | None
    id: str
    request_id: str
    charge: Charge
    began: float


class Queries:
    """The entry point of the query language; one per process, because its budget and its caches are."""

    def __init__(
        self,
        clickhouse: ClickHouse,
        pseudonyms: Pseudonyms,
        unmaskings: UnmaskingLog,
        key: CursorKey,
        budget: Budget,
        snapshots: ProgressSnapshots,
        verified: VerifiedReader,
    ) -> None:
        self._engine = QueryEngine(clickhouse)
        self._freshness = FreshnessReader(self._engine, snapshots)
        self._marks = MarkReader(self._engine, self._freshness)
        self._verified = verified
        self._new_mnos = NewMnos(self._engine, pseudonyms)
        self._pseudonyms, self._unmaskings = pseudonyms, unmaskings
        self._key, self._budget = key, budget

    async def answer(
        self, caller: Scope, body: bytes | Mapping[str, object], request_id: str, now: datetime | None = None
    ) -> QueryResult:
        """Answers a query; resolves relative windows against `now` (by default, the clock's time).

        Cancelling also ends the query in the engine. An answer with MNO names under an addendum is logged first.

        Raises InvalidQueryError with all problems, ForbiddenError, RateLimitedError, QueryTooExpensiveError,
        DependencyUnavailableError, and NotModifiedError before the query runs if the caller has the answer.
        """
        began = time.perf_counter()
        query, tenant_id = parse(body, now), tenant_of(caller)
        with self._budget.query(tenant_id) as charge:
            end_admission()  # the budget limits it from here on
            request = _Request(query, caller, tenant_id, str(uuid4()), request_id, charge, began)
            compiled, context = await self._compiled(request)
            if query.explain:
                return await self._explained(request, compiled)
            result = await self._validated(request, compiled, context)
            while tenant_id is not None and lacks_pseudonyms(result.columns):
                scope = compiled.plan.scope
                await self._new_mnos.assign(tenant_id, query.dataset, compiled)
                compiled, context = await self._compiled(request)
                if compiled.plan.scope == scope:  # there are no more pseudonyms
                    break
                result = await self._validated(request, compiled, context)
            if tenant_id is not None and (names := unmasked(compiled.plan)):
                await self._unmaskings.log(tenant_id, caller.caller, request_id, f"{query.dataset}: {', '.join(names)}")
            return result

    async def table_statuses(self, caller: Scope) -> Sequence[TableStatus]:
        """How far each fact table and cube is. Raises ForbiddenError unless the caller is an administrator;
        DependencyUnavailableError.
        """
        administration(caller)
        return await table_statuses(self._engine, self._freshness)

    async def _compiled(self, request: _Request) -> tuple[Compiled, str]:
        """Returns the statements, and the context for signing their cursors."""
        pseudonyms = await self._pseudonyms.readable_by(request.caller, request.tenant_id)
        scope, after = query_scope(request.caller, pseudonyms), request.query.after
        context = fingerprint(request.query, scope)
        position = None if after is None else (await self._key.cursors()).open(PURPOSE, context, after, PagePosition)
        return compile_query(request.query, scope, position), context

    async def _validated(self, request: _Request, compiled: Compiled, context: str) -> QueryResult:
        """Runs a query. Declares for the answer's validator what it reads, unless that changed while it ran.

        Raises NotModifiedError if the caller has the answer.
        """
        verified = await self._verified.of(compiled.plan)
        validation = current_validation()
        compiled, freshness, parts = await self._marks.current(compiled, for_validator=validation is not None)
        state = state_of(compiled, freshness, parts, verified)
        if validation is not None:
            validation.declare(repr(request.query), state)
        result = await self._run(request, compiled, context, freshness, verified)
        after = await self._charged(request, compiled, with_parts=state is not None)
        if validation is not None and after != parts:
            validation.void()
        return result

    async def _run(
        self,
        request: _Request,
        compiled: Compiled,
        context: str,
        freshness: TableFreshness,
        verified: Verified | None,
    ) -> QueryResult:
        rows, *totals = await self._results(request, compiled)
        columns = answers.printed_columns(compiled.rows.columns, rows, compiled.limit, compiled.timezone)
        page, truncated = await self._page(request, compiled, context, rows)
        answer = QueryAnswer(
            data=answers.as_rows(columns),
            totals=answers.totals(compiled, totals[0]) if totals else None,
            page=page,
            meta=answers.meta(compiled, freshness, truncated=truncated, began=request.began, verified=verified),
        )
        return QueryResult(answer, columns, not reads_names(compiled.plan.scope))

    async def _page(self, request: _Request, compiled: Compiled, context: str, rows: Rows) -> tuple[Page, bool]:
        """Returns the page's end, and whether the row cap left out further rows."""
        if len(rows) <= compiled.limit:
            return Page(), False
        if compiled.skipped + compiled.limit >= compiled.row_cap:
            return Page(), True
        last = compiled.end([values[compiled.limit - 1] for values in rows.columns])
        cursor = (await self._key.cursors()).sign(PURPOSE, context, last)
        return Page(add_instant(cursor, request.query.at), has_next_page=True), False

    async def _results(self, request: _Request, compiled: Compiled) -> Sequence[Rows]:
        """The results of a query's statements: its rows, and the totals if it requests them.

        Raises InvalidQueryError when the query would add amounts of several currencies.
        """
        charge = request.charge if request.tenant_id is None else Charge()
        results = list(await self._engine.run(compiled.charged, request.id, charge))
        if compiled.currencies:
            currencies = len(results.pop())
            if currencies > 1:  # the query is refused, but has read its rows
                await self._charged(request, compiled, with_parts=False)
            compiled.check_currencies(currencies)
        return results

    async def _charged(self, request: _Request, compiled: Compiled, *, with_parts: bool) -> Sequence[Part]:
        """Charges a tenant for the rows that a query has read. Returns the parts that it would read now.

        A tenant is charged for its own rows, which a further statement counts. The platform's callers were charged for
        the rows that the engine reports: whole blocks, which hold rows of all tenants.
        """
        if request.tenant_id is None:
            return await read_parts(self._engine, compiled.plan) if with_parts else ()
        parts: Sequence[Part] = ()
        if with_parts:
            own, parts = await read_count_and_parts(self._engine, compiled)
        else:
            ((own,),) = (await self._engine.read(compiled.count)).columns
        request.charge.add(own * len(compiled.charged))
        return parts

    async def _explained(self, request: _Request, compiled: Compiled) -> QueryResult:
        compiled, freshness, _ = await self._marks.current(compiled)
        answer = QueryAnswer(
            data=[],
            page=Page(),
            meta=answers.meta(compiled, freshness, truncated=False, began=request.began),
            explain=await self._explanation(request, compiled),
        )
        return QueryResult(answer, [], not reads_names(compiled.plan.scope))

    async def _explanation(self, request: _Request, compiled: Compiled) -> Explanation:
        if request.tenant_id is not None:
            return answers.explanation(compiled)
        (estimate,) = await self._engine.run([compiled.estimate], f"{request.id}/estimate", request.charge)
        return answers.full_explanation(compiled, estimate)
