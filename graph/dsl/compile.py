"""Query -> what is sent to the engine. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from graph.access.cursors import PagePosition
from graph.dsl import statements
from graph.dsl.ast import Query
from graph.dsl.calendar import Window
from graph.dsl.columns import Cell, Column
from graph.dsl.meaning import TIME
from graph.dsl.passes import fields
from graph.dsl.plan import Plan, plan
from graph.dsl.problems import refusal
from graph.dsl.render import render
from graph.dsl.resolve import Question, resolve
from graph.dsl.scope import AllTenants, QueryScope, reads_names
from graph.dsl.select import Select, Statement
from graph.errors import QueryProblem

ROW_CAP: Final = 100_000  # of all pages of one query together

ONE_CURRENCY: Final = QueryProblem(
    "$.measures", "Money is not added up over currencies: group by currency, or filter one of them."
)


@dataclass(frozen=True, slots=True)
class Compiled:
    """`rows` gives `limit` rows and one more if there is one. `currencies`: if it gives two, `currency_problem`.

    `count` gives the number of the scope's own rows that each of the others reads. `approximate`: measure -> method.
    `reasons`: why cheaper tables than `source` cannot answer.
    """

    plan: Plan
    rows: Statement
    totals: Statement | None
    currencies: Statement | None
    count: Statement
    estimate: Statement
    limit: int
    seen: int
    approximate: Mapping[str, str]
    row_cap: int = ROW_CAP
    currency_problem: QueryProblem = ONE_CURRENCY

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What answers: the rows, then the totals if they are asked for."""
        return (self.rows, self.totals) if self.totals else (self.rows,)

    @property
    def source(self) -> str:
        return self.plan.table.name

    @property
    def reasons(self) -> tuple[str, ...]:
        return self.plan.reasons

    @property
    def window(self) -> Window:
        return self.plan.question.window

    @property
    def previous_window(self) -> Window | None:
        return self.plan.question.previous

    @property
    def timezone(self) -> ZoneInfo:
        return self.plan.question.zone

    def end(self, row: Sequence[Cell]) -> PagePosition:
        """Where a page ends that has `limit` rows, of which `row` is the last."""
        last = dict(zip((column.name for column in self.rows.columns if column.role != "previous"), row, strict=False))
        values = [last[sort.field] for sort in self.plan.question.order]
        return (self.seen + self.limit, *(None if value is None else str(value) for value in values))


def compile_query(query: Query, scope: QueryScope, position: PagePosition | None) -> Compiled:
    """InvalidQueryError with every problem of the query's meaning."""
    made = plan(resolve(query, scope), scope)
    question = made.question
    seen, values = _read(position, question)
    limit = min(question.limit, ROW_CAP - seen)
    rows = _statement(statements.rows(made, values, limit), question)
    return Compiled(
        plan=made,
        rows=rows,
        totals=_statement(statements.totals(made), question) if question.totals else None,
        currencies=_statement(statements.currencies(made), question) if question.needs_one_currency else None,
        count=_statement(statements.count(made), question),
        estimate=Statement(f"explain estimate {rows.sql}", rows.parameters, (), rows.settings),
        limit=limit,
        seen=seen,
        approximate={measure.name: measure.approximate for measure in question.measures if measure.approximate},
    )


def fingerprint(query: Query, scope: QueryScope) -> str:
    """Of what a cursor belongs to: the same for every page of a query by one caller, whatever the page's length."""
    tenant = None if isinstance(scope, AllTenants) else scope.tenant_id
    same = replace(query, after=None, limit=0, explain=False)
    return sha256(repr((same, tenant, reads_names(scope))).encode()).hexdigest()


def _read(position: PagePosition | None, question: Question) -> tuple[int, Sequence[str | None] | None]:
    """Rows seen, and the values. InvalidQueryError for a position that no page of this query ends at."""
    if position is None:
        return 0, None
    seen, *values = position or (None,)
    texts = [value for value in values if value is None or isinstance(value, str)]
    if isinstance(seen, int) and 0 < seen < ROW_CAP and len(texts) == len(values) == len(question.order):
        return seen, texts
    raise refusal("$.after", "No page of this query ends there.")


def _statement(select: Select, question: Question) -> Statement:
    sql, parameters = render(select)
    return Statement(sql, parameters, tuple(_column(name, question) for name in select.columns), _settings(question))


def _settings(question: Question) -> Mapping[str, object]:
    """Merging digests in another order gives other digits: pages ordered by them are computed in one thread."""
    compared = {sort.field for sort in question.order} | fields(question.having)
    digests = any(measure.approximate and measure.name in compared for measure in question.dataset.measures)
    return {"max_threads": 1} if digests else {}


def _column(name: str, question: Question) -> Column:
    if name == TIME:
        return Column(name, "time", "group")
    plain = name.removeprefix(statements.PREVIOUS)
    measure = next((measure for measure in question.dataset.measures if measure.name == plain), None)
    if measure is None:
        return Column(name, "text", "group")
    return Column(plain, measure.kind, "measure" if plain == name else "previous")
