"""Compiles a Query into statements for ClickHouse. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, TypedDict
from zoneinfo import ZoneInfo

from graph.access.cursors import PagePosition
from graph.dsl import statements
from graph.dsl.ast import Query
from graph.dsl.calendar import Window
from graph.dsl.columns import Cell, Column
from graph.dsl.name_checks import TIME
from graph.dsl.passes import fields
from graph.dsl.plan import Plan, plan
from graph.dsl.problems import refusal
from graph.dsl.render import render
from graph.dsl.resolve import ResolvedQuery, resolve
from graph.dsl.scope import AllTenants, QueryScope, reads_names
from graph.dsl.select import Select, Statement
from graph.errors import QueryProblem

ROW_CAP: Final = 100_000  # rows of all pages of one query together

ONE_CURRENCY: Final = QueryProblem(
    "$.measures", "Money of several currencies cannot be added: group by currency, or filter one currency."
)


@dataclass(frozen=True, slots=True)
class Compiled:
    """The statements of a query.

    `rows` returns `limit` rows, and one more if there is another page. If `currencies` returns two rows, the query has
    `currency_problem`. `count` returns the number of the scope's own rows that each other statement reads. `skipped` is
    the number of rows on the pages before. `approximate`: measure -> method. `reasons`: why tables cheaper than
    `source` cannot answer. `after`: the sort values of the last row before the page.
    """

    plan: Plan
    rows: Statement
    totals: Statement | None
    currencies: Statement | None
    count: Statement
    estimate: Statement
    limit: int
    skipped: int
    approximate: Mapping[str, str]
    row_cap: int
    after: Sequence[str | None] | None = None
    currency_problem: QueryProblem = ONE_CURRENCY

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements to run: the rows, then the totals if the query requests them."""
        return (self.rows, self.totals) if self.totals else (self.rows,)

    @property
    def charged(self) -> tuple[Statement, ...]:
        """The statements that the caller pays for: those to run, and last the currencies if they are to be checked."""
        return (*self.statements, self.currencies) if self.currencies else self.statements

    @property
    def source(self) -> str:
        """The tables that answer, joined by `+`."""
        return "+".join(table.name for table in self.plan.tables)

    @property
    def reasons(self) -> tuple[str, ...]:
        return self.plan.reasons

    @property
    def window(self) -> Window:
        return self.plan.query.window

    @property
    def previous_window(self) -> Window | None:
        return self.plan.query.previous

    @property
    def timezone(self) -> ZoneInfo:
        return self.plan.query.zone

    def with_plan(self, plan: Plan) -> "Compiled":
        """The same page of the same query, read from the tables of another plan."""
        return replace(self, plan=plan, **_statements(plan, self.after, self.limit))

    def check_currencies(self, count: int) -> None:
        """Raises InvalidQueryError if the query would add amounts of several currencies, of which it reads `count`."""
        if count > 1:
            raise refusal(self.currency_problem.path, self.currency_problem.message)

    def end(self, row: Sequence[Cell]) -> PagePosition:
        """Returns the position after a full page, whose last row is `row`: its row number, then its sort values."""
        last = dict(zip((column.name for column in self.rows.columns if column.role != "previous"), row, strict=False))
        values = [last[sort.field] for sort in self.plan.query.order]
        return (self.skipped + self.limit, *(None if value is None else str(value) for value in values))


def compile_query(query: Query, scope: QueryScope, position: PagePosition | None, row_cap: int = ROW_CAP) -> Compiled:
    """Compiles a query in a scope, from a position on. `row_cap`: the most rows of all pages together.

    Raises InvalidQueryError with all problems of its names and values, or for a position of another query.
    """
    query_plan = plan(resolve(query, scope), scope)
    resolved = query_plan.query
    skipped, values = _read_position(position, resolved)
    limit = min(resolved.limit, row_cap - skipped)
    return Compiled(
        plan=query_plan,
        **_statements(query_plan, values, limit),
        limit=limit,
        skipped=skipped,
        approximate={measure.name: measure.approximate for measure in resolved.measures if measure.approximate},
        row_cap=row_cap,
        after=values,
    )


class _Statements(TypedDict):
    rows: Statement
    totals: Statement | None
    currencies: Statement | None
    count: Statement
    estimate: Statement


def _statements(plan: Plan, after: Sequence[str | None] | None, limit: int) -> _Statements:
    query = plan.query
    rows = _statement(statements.rows(plan, after, limit), query)
    return {
        "rows": rows,
        "totals": _statement(statements.totals(plan), query) if query.totals else None,
        "currencies": _statement(statements.currencies(plan), query) if query.needs_one_currency else None,
        "count": _statement(statements.count(plan), query),
        "estimate": Statement(f"explain estimate {rows.sql}", rows.parameters, (), rows.settings),
    }


def fingerprint(query: Query, scope: QueryScope) -> str:
    """Returns a hash of all that a cursor depends on: the query without its page, and the caller's scope."""
    tenant = None if isinstance(scope, AllTenants) else scope.tenant_id
    pageless = replace(query, after=None, limit=0, explain=False)
    return sha256(repr((pageless, tenant, reads_names(scope))).encode()).hexdigest()


def _read_position(position: PagePosition | None, resolved: ResolvedQuery) -> tuple[int, Sequence[str | None] | None]:
    """Returns the number of rows before a position, and its sort values.

    Raises InvalidQueryError for a position at which no page of this query ends.
    """
    if position is None:
        return 0, None
    skipped, *values = position or (None,)
    texts = [value for value in values if value is None or isinstance(value, str)]
    if isinstance(skipped, int) and 0 < skipped < ROW_CAP and len(texts) == len(values) == len(resolved.order):
        return skipped, texts
    raise refusal("$.after", "No page of this query ends at this cursor.")


def _statement(select: Select, resolved: ResolvedQuery) -> Statement:
    sql, parameters = render(select)
    return Statement(sql, parameters, tuple(_column(name, resolved) for name in select.columns), _settings(resolved))


def _settings(resolved: ResolvedQuery) -> Mapping[str, object]:
    """The settings that the result depends on.

    Merging t-digests in another order changes their last digits. So a query that sorts or filters by them runs in one
    thread, and its pages agree.
    """
    compared = {sort.field for sort in resolved.order} | fields(resolved.having)
    digests = any(measure.approximate and measure.name in compared for measure in resolved.dataset.measures)
    return {"max_threads": 1} if digests else {}


def _column(name: str, resolved: ResolvedQuery) -> Column:
    if name == TIME:
        return Column(name, "time", "group")
    plain = name.removeprefix(statements.PREVIOUS)
    measure = next((measure for measure in resolved.dataset.measures if measure.name == plain), None)
    if measure is None:
        return Column(name, "text", "group")
    return Column(plain, measure.kind, "measure" if plain == name else "previous")
