"""What a query is answered with: rows as columns of printed values, and what has to be known about them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Annotated, Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, structs

from graph.dsl.columns import Column, Kind, printed
from graph.dsl.compile import Compiled
from graph.dsl.execute import Rows
from graph.dsl.freshness import Reach
from graph.reports.answers import Report

PREVIOUS: Final = "previous"
ESTIMATED_ROWS: Final = 3  # the column of EXPLAIN ESTIMATE: database, table, parts, rows, marks

# JSON: text, integer, rate or null.
Value: TypeAlias = str | int | float | None


class QueryWindow(Struct, frozen=True, rename={"from_": "from"}):
    """Half-open and exact, not snapped."""

    from_: Annotated[datetime, Meta(description="Start.")]
    to: Annotated[datetime, Meta(description="End, excluded.")]


class Page(Struct, frozen=True, rename="camel"):
    """Where the next page begins."""

    end_cursor: Annotated[str | None, Meta(description="The next page's `after`; null on the last page.")] = None
    has_next_page: Annotated[bool, Meta(description="Whether the next page has rows.")] = False


class QueryMeta(Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the numbers come from, and how far they reach."""

    source: Annotated[str, Meta(description="The table that answered: a cube, or facts.")]
    data_as_of: Annotated[
        datetime | None, Meta(description="Newest event time whose effect is in that table; null when it is empty.")
    ]
    complete_until: Annotated[
        datetime | None,
        Meta(
            description="Everything that had reached our streams by this time is in that table; null while that is not "
            "known."
        ),
    ] = None
    row_cap: Annotated[int, Meta(ge=0, description="Most rows of a query, over all of its pages.")]
    truncated: Annotated[bool, Meta(description="Whether there are more rows, which `rowCap` cut off.")]
    approximate: Annotated[
        Mapping[str, str], Meta(description="Measures that are not exact, each with the method that estimated it.")
    ]
    elapsed_ms: Annotated[int, Meta(ge=0, description="Time from the query's arrival to its answer, ms.")]
    window: Annotated[QueryWindow, Meta(description="What the rows are about.")]
    previous_window: Annotated[QueryWindow | None, Meta(description="With `compareTo`: what `previous` is about.")] = (
        None
    )


class QueryStatement(Struct, frozen=True):
    """One statement as ClickHouse is asked it, for the platform's own callers."""

    sql: Annotated[str, Meta(description="With a placeholder for each value.")]
    parameters: Annotated[Mapping[str, Any], Meta(description="Bound by the engine: no value stands in the SQL.")]


class Explanation(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the query would do; it was not run."""

    table: Annotated[str, Meta(description="The cheapest table that can answer.")]
    estimated_rows: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(
            description="Rows that the engine expects to read, for the platform's own callers; null for all others: it "
            "counts blocks of rows in which every tenant's lie."
        ),
    ] = None
    reasons: Annotated[Sequence[str], Meta(description="Why no cube answers; empty when one does.")]
    statements: Annotated[
        Sequence[QueryStatement] | None, Meta(description="For the platform's own callers; null for all others.")
    ] = None


class QueryAnswer(Report, frozen=True, kw_only=True):
    """Rows of dimensions and measures. Rates are numbers with 4 decimals, money is text with 6; null stands for 0/0."""

    about = "Measures by dimensions and time. The typed query language: the same shape in REST and GraphQL."

    data: Annotated[
        Sequence[Mapping[str, Any]],
        Meta(description="A row for each group: `time`, dimensions, measures, and `previous` with `compareTo`."),
    ]
    totals: Annotated[
        Mapping[str, Any] | None, Meta(description="With `totals`: the measures over all rows of the query.")
    ] = None
    page: Annotated[Page, Meta(description="Of the rows in `data`.")]
    meta: Annotated[QueryMeta, Meta(description="Where the numbers come from.")]
    explain: Annotated[Explanation | None, Meta(description="With `explain`; `data` is empty then.")] = None


@dataclass(frozen=True, slots=True)
class PrintedColumn:
    """One column of an answer; those of a `previous` period have the names of measures."""

    name: str
    kind: Kind
    is_previous: bool
    values: Sequence[Value]


def printed_columns(columns: Sequence[Column], rows: Rows, count: int, zone: ZoneInfo) -> Sequence[PrintedColumn]:
    """The first `count` rows, as JSON has them."""
    return [
        PrintedColumn(
            column.name,
            column.kind,
            column.role == PREVIOUS,
            [printed(column, value, zone) for value in values[:count]],
        )
        for column, values in zip(columns, rows.columns, strict=True)
    ]


def as_rows(columns: Sequence[PrintedColumn]) -> Sequence[dict[str, Any]]:
    """An object for each row; `previous` in an object of its own."""
    rows = list(_objects([each for each in columns if not each.is_previous]))
    earlier = [each for each in columns if each.is_previous]
    if earlier:
        for row, before in zip(rows, _objects(earlier), strict=True):
            row[PREVIOUS] = before
    return rows


def _objects(columns: Sequence[PrintedColumn]) -> Iterator[dict[str, Any]]:
    names = [each.name for each in columns]
    return (dict(zip(names, row, strict=True)) for row in zip(*(each.values for each in columns), strict=True))


def totals(compiled: Compiled, rows: Rows) -> Mapping[str, Any]:
    """The one row of the totals' statement."""
    assert compiled.totals is not None
    (row,) = as_rows(printed_columns(compiled.totals.columns, rows, 1, compiled.timezone))
    return row


def meta(compiled: Compiled, reach: Reach, *, truncated: bool, began: float) -> QueryMeta:
    """`began`: the performance counter when the query came."""
    return QueryMeta(
        source=compiled.source,
        data_as_of=reach.data_as_of,
        complete_until=reach.complete_until,
        row_cap=compiled.row_cap,
        truncated=truncated,
        approximate=compiled.approximate,
        elapsed_ms=round((perf_counter() - began) * 1000),
        window=_window(compiled.window),
        previous_window=_window(compiled.previous_window) if compiled.previous_window else None,
    )


def explanation(compiled: Compiled) -> Explanation:
    """For every caller."""
    return Explanation(table=compiled.source, reasons=compiled.reasons)


def whole_explanation(compiled: Compiled, estimate: Rows) -> Explanation:
    """For the platform's own callers. `estimate`: of EXPLAIN ESTIMATE, a row per table with its parts, rows, marks."""
    return structs.replace(
        explanation(compiled),
        estimated_rows=sum(estimate.columns[ESTIMATED_ROWS]) if len(estimate) else 0,
        statements=[QueryStatement(each.sql, dict(each.parameters)) for each in compiled.statements],
    )


def _window(window: tuple[datetime, datetime]) -> QueryWindow:
    return QueryWindow(*(time.astimezone(UTC) for time in window))
