"""Extracts: all rows of a query in its caller's scope, as one statement read them.

A statement reads the parts that its table has when it begins, so all rows are of one instant, whatever is written
meanwhile. What other statements read for the same extract (totals, currencies, rights) is read before and after it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias
from uuid import uuid4

from msgspec import Meta, Struct

from graph.access import Scope
from graph.access.budget import Budget, Charge
from graph.access.pseudonyms import Pseudonyms
from graph.dsl import answers
from graph.dsl.answers import PREVIOUS, PrintedColumn, QueryMeta, QueryWindow, printed_columns
from graph.dsl.ast import Query
from graph.dsl.compile import Compiled, compile_query
from graph.dsl.execute import STREAM_LIMITS, QueryEngine, Rows, RowStream
from graph.dsl.freshness import FreshnessReader, ProgressSnapshots
from graph.dsl.marks import MarkReader
from graph.dsl.new_mnos import NewMnos, lacks_pseudonyms
from graph.dsl.plan import unmasked
from graph.dsl.scope import QueryScope, query_scope, reads_names, tenant_of
from infra.clickhouse import ClickHouse
from schema.instants import AwareTime

TotalsRow: TypeAlias = Mapping[str, Any] | None


class ChangedWhileReadError(Exception):
    """Figures or rights changed while an extract was read. It has to be read again."""


class ExtractMeta(Struct, frozen=True, kw_only=True, rename="camel"):
    """The source of an extract's figures, and how complete they are."""

    source: Annotated[str, Meta(description="The table that was read: a cube, or facts.")]
    read_at: Annotated[AwareTime, Meta(description="The time just before the rows were read, all at one instant.")]
    data_as_of: Annotated[
        AwareTime | None,
        Meta(description="Newest event time whose effect was in that table; null when it was empty."),
    ]
    complete_until: Annotated[
        AwareTime | None, Meta(description="As in the answer of a query, at `readAt`; null while it is unknown.")
    ]
    approximate: Annotated[
        Mapping[str, str], Meta(description="Measures that are not exact, each with the method that estimated it.")
    ]
    window: Annotated[QueryWindow, Meta(description="The window of the rows.")]
    previous_window: Annotated[QueryWindow | None, Meta(description="With `compareTo`: the window of `previous`.")]
    totals: Annotated[TotalsRow, Meta(description="With `totals`: the measures over all rows of the query.")]


@dataclass(frozen=True, slots=True)
class Extract:
    """The rows of a query. `header`: its columns without rows; `blocks`: the rows, `row_count` together.

    `is_cut`: there are more rows than the query's limit. `unmasked`: the dimensions that show a tenant the names of
    MNOs, under its addendum.
    """

    meta: ExtractMeta
    unmasked: Sequence[str]
    row_count: int
    is_cut: bool
    header: Sequence[PrintedColumn]
    blocks: AsyncIterator[Sequence[PrintedColumn]]


class Extracts:
    """Reads extracts within the budget of their callers. `clickhouse`: a client whose statements may take minutes."""

    def __init__(
        self, clickhouse: ClickHouse, pseudonyms: Pseudonyms, budget: Budget, snapshots: ProgressSnapshots
    ) -> None:
        self._engine = QueryEngine(clickhouse, STREAM_LIMITS)
        self._freshness = FreshnessReader(self._engine, snapshots)
        self._marks = MarkReader(self._engine, self._freshness)
        self._new_mnos = NewMnos(self._engine, pseudonyms)
        self._pseudonyms, self._budget = pseudonyms, budget

    async def check(self, caller: Scope, query: Query) -> None:
        """Raises what `read` would raise for a wrong query or without rights, without reading."""
        await self._compiled(caller, query)

    async def reads_names(self, caller: Scope) -> bool:
        """Whether a caller may read the names of MNOs now. Raises DependencyUnavailableError."""
        return await self._pseudonyms.readable_by(caller, tenant_of(caller)) is None

    @asynccontextmanager
    async def read(self, caller: Scope, query: Query) -> AsyncIterator[Extract]:
        """Reads a query's rows, up to its limit, while the body runs.

        Raises ChangedWhileReadError, also at the end of the blocks; ForbiddenError; InvalidQueryError;
        RateLimitedError; QueryTooExpensiveError; DependencyUnavailableError.
        """
        tenant_id, id_ = tenant_of(caller), str(uuid4())
        compiled = await self._compiled(caller, query)
        if await self._assigned(tenant_id, query, compiled):
            compiled = await self._compiled(caller, query)
        async with AsyncExitStack() as opened:
            # Whatever happens to the rows later reads nothing, and is not charged.
            with self._budget.query(tenant_id) as charge:
                read_at = datetime.now(UTC)
                compiled, freshness, _ = await self._marks.current(compiled, at_one_instant=True)
                totals = await self._totals(compiled, id_)
                if tenant_id is not None:
                    charge.add(await self._own_rows(compiled, id_))
                by_engine = charge if tenant_id is None else Charge()
                stream = await opened.enter_async_context(self._engine.stream(compiled.rows, id_, by_engine))
            described = answers.meta(compiled, freshness, truncated=False, began=0)
            yield Extract(
                meta=_meta(described, read_at, totals),
                unmasked=unmasked(compiled.plan),
                row_count=min(stream.row_count, compiled.limit),
                is_cut=stream.row_count > compiled.limit,
                header=_printed(compiled, Rows([()] * len(compiled.rows.columns)), 0),
                blocks=self._blocks(_Reading(caller, tenant_id, query, compiled, id_, totals), stream),
            )

    async def _blocks(self, reading: "_Reading", stream: RowStream) -> AsyncIterator[Sequence[PrintedColumn]]:
        compiled, left, may_lack = reading.compiled, reading.compiled.limit, True
        async for rows in stream.blocks:
            # In a thread: printing a block takes longer than the event loop may be blocked.
            columns = await asyncio.to_thread(_printed, compiled, rows, max(left, 0))
            left -= len(rows)
            if may_lack and lacks_pseudonyms(columns):  # of an MNO that came after the statement was compiled
                await self._assigned(reading.tenant_id, reading.query, compiled)
                if await self._scope(reading.caller) != compiled.plan.scope:
                    raise ChangedWhileReadError
                may_lack = False  # there are no more pseudonyms
            yield columns
        if reads_names(compiled.plan.scope) and not await self.reads_names(reading.caller):
            raise ChangedWhileReadError
        totals = await self._totals(compiled, reading.id)
        if _exact(totals, compiled) != _exact(reading.totals, compiled):
            raise ChangedWhileReadError

    async def _compiled(self, caller: Scope, query: Query) -> Compiled:
        return compile_query(query, await self._scope(caller), None, query.limit)

    async def _scope(self, caller: Scope) -> QueryScope:
        return query_scope(caller, await self._pseudonyms.readable_by(caller, tenant_of(caller)))

    async def _assigned(self, tenant_id: str | None, query: Query, compiled: Compiled) -> bool:
        """Assigns pseudonyms to the MNOs that a query would show without one. Returns whether some were added."""
        if tenant_id is None or reads_names(compiled.plan.scope) or "mno" not in compiled.plan.query.groups:
            return False
        return await self._new_mnos.assign(tenant_id, query.dataset, compiled)

    async def _totals(self, compiled: Compiled, id_: str) -> TotalsRow:
        """Reads the totals, if there are any. Raises InvalidQueryError if money has several currencies."""
        statements = [each for each in (compiled.currencies, compiled.totals) if each]
        results = list(await self._engine.run(statements, f"{id_}/totals", Charge()))
        if compiled.currencies is not None:
            compiled.check_currencies(len(results.pop(0)))
        return answers.totals(compiled, results[0]) if results else None

    async def _own_rows(self, compiled: Compiled, id_: str) -> int:
        """The number of a tenant's own rows that all statements of an extract read."""
        (count,) = await self._engine.run([compiled.count], f"{id_}/count", Charge())
        ((own,),) = count.columns
        rows: int = own * (1 + 2 * sum(each is not None for each in (compiled.currencies, compiled.totals)))
        return rows


@dataclass(frozen=True, slots=True)
class _Reading:
    caller: Scope
    tenant_id: str | None
    query: Query
    compiled: Compiled
    id: str
    totals: TotalsRow


def _printed(compiled: Compiled, rows: Rows, count: int) -> Sequence[PrintedColumn]:
    return printed_columns(compiled.rows.columns, rows, count, compiled.timezone)


def _exact(totals: TotalsRow, compiled: Compiled) -> TotalsRow:
    """The totals without approximate measures, whose last digits differ from one reading to the next."""
    if totals is None:
        return None
    exact = {name: value for name, value in totals.items() if name not in compiled.approximate}
    return {**exact, PREVIOUS: _exact(totals[PREVIOUS], compiled)} if PREVIOUS in totals else exact


def _meta(described: QueryMeta, read_at: datetime, totals: TotalsRow) -> ExtractMeta:
    return ExtractMeta(
        source=described.source,
        read_at=read_at,
        data_as_of=described.data_as_of,
        complete_until=described.complete_until,
        approximate=described.approximate,
        window=described.window,
        previous_window=described.previous_window,
        totals=totals,
    )
