"""The answer of a query: its rows, its totals, its page and its metadata."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from typing import Annotated, Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, structs

from graph.answer import Report
from graph.dsl.columns import Column, Kind, printed
from graph.dsl.compile import Compiled
from graph.dsl.execute import Rows
from graph.dsl.freshness import TableFreshness
from graph.dsl.verified import Verified
from schema.instants import AwareTime

PREVIOUS: Final = "previous"
ESTIMATED_ROWS: Final = 3  # index of `rows` in EXPLAIN ESTIMATE: database, table, parts, rows, marks

# JSON: text, integer, rate or null.
Value: TypeAlias = str | int | float | None


class QueryWindow(Struct, frozen=True, rename={"from_": "from"}):
    """Half-open and exact, not snapped."""

    from_: Annotated[AwareTime, Meta(description="Start.")]
    to: Annotated[AwareTime, Meta(description="End, excluded.")]


class Page(Struct, frozen=True, rename="camel"):
    """The position of the next page."""

    end_cursor: Annotated[str | None, Meta(description="The next page's `after`; null on the last page.")] = None
    has_next_page: Annotated[bool, Meta(description="Whether the next page has rows.")] = False


class QueryMeta(Struct, frozen=True, kw_only=True, rename="camel"):
    """The source of the figures, and how complete they are."""

    source: Annotated[
        str,
        Meta(
            description="What answered: a cube, facts, or both joined by `+`: facts answer for hours that the cube has "
            "yet to follow."
        ),
    ]
    data_as_of: Annotated[
        AwareTime | None,
        Meta(
            description="Newest event time whose effect is in the first of these tables; null when it is empty. Newer "
            "events may be counted."
        ),
    ]
    complete_until: Annotated[
        AwareTime | None,
        Meta(
            description="Everything that had reached the streams by this time is counted; null while that is unknown."
        ),
    ] = None
    row_cap: Annotated[int, Meta(ge=0, description="The most rows that all pages of one query return together.")]
    truncated: Annotated[bool, Meta(description="Whether `rowCap` left out further rows.")]
    approximate: Annotated[
        Mapping[str, str], Meta(description="Measures that are not exact, each with the method that estimated it.")
    ]
    elapsed_ms: Annotated[int, Meta(ge=0, description="Time from the query's arrival to its answer, ms.")]
    window: Annotated[QueryWindow, Meta(description="The window of the rows.")]
    previous_window: Annotated[QueryWindow | None, Meta(description="With `compareTo`: the window of `previous`.")] = (
        None
    )
    verified: Annotated[
        Verified | None,
        Meta(
            description="When the window's cells were last compared with their facts, and with what result; for a "
            "tenant, its own cells. Null when nothing is known."
        ),
    ] = None


class QueryStatement(Struct, frozen=True):
    """One statement for ClickHouse; only the platform's own callers see it."""

    sql: Annotated[str, Meta(description="The SQL, with a placeholder for each value.")]
    parameters: Annotated[Mapping[str, Any], Meta(description="The values, which the engine binds.")]


class Explanation(Struct, frozen=True, kw_only=True, rename="camel"):
    """How the query would run; it was not run."""

    table: Annotated[str, Meta(description="The cheapest table that can answer.")]
    estimated_rows: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(
            description="Rows that the engine expects to read. Null for tenants, because the estimate counts whole "
            "blocks, which hold rows of all tenants."
        ),
    ] = None
    reasons: Annotated[Sequence[str], Meta(description="Why cheaper tables cannot answer; empty when a cube answers.")]
    statements: Annotated[Sequence[QueryStatement] | None, Meta(description="The statements; null for tenants.")] = None


class QueryAnswer(Report, frozen=True, kw_only=True):
    """Rows of dimensions and measures. Rates are numbers with 4 decimals, money is text with 6, and 0/0 is null."""

    about = "Measures by dimensions and time. The typed query language: the same shape in REST and GraphQL."

    data: Annotated[
        Sequence[Mapping[str, Any]],
        Meta(description="One row per group: `time`, dimensions, measures, and `previous` with `compareTo`."),
    ]
    totals: Annotated[
        Mapping[str, Any] | None, Meta(description="With `totals`: the measures over all rows of the query.")
    ] = None
    page: Annotated[Page, Meta(description="The page that `data` holds.")]
    meta: Annotated[QueryMeta, Meta(description="The source of the figures, and how complete they are.")]
    explain: Annotated[
        Explanation | None, Meta(description="With `explain`: how the query would run; `data` is then empty.")
    ] = None


@dataclass(frozen=True, slots=True)
class PrintedColumn:
    """One column of an answer. A column of the previous window has its measure's name and `is_previous`."""

    name: str
    kind: Kind
    is_previous: bool
    values: Sequence[Value]


def printed_columns(columns: Sequence[Column], rows: Rows, count: int, zone: ZoneInfo) -> Sequence[PrintedColumn]:
    """Returns the first `count` rows, column by column, as JSON values."""
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
    """Returns one object per row; measures of the previous window are in its member `previous`."""
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
    """Returns the single row of the totals' statement as an object."""
    assert compiled.totals is not None
    (row,) = as_rows(printed_columns(compiled.totals.columns, rows, 1, compiled.timezone))
    return row


def meta(
    compiled: Compiled,
    freshness: TableFreshness,
    *,
    truncated: bool,
    began: float,
    verified: Verified | None = None,
) -> QueryMeta:
    """Returns the metadata of an answer. `began` is the performance counter at the query's arrival, in seconds."""
    return QueryMeta(
        source=compiled.source,
        data_as_of=freshness.data_as_of,
        complete_until=freshness.complete_until,
        row_cap=compiled.row_cap,
        truncated=truncated,
        approximate=compiled.approximate,
        elapsed_ms=round((perf_counter() - began) * 1000),
        window=_window(compiled.window),
        previous_window=_window(compiled.previous_window) if compiled.previous_window else None,
        verified=verified,
    )


def explanation(compiled: Compiled) -> Explanation:
    """Returns the explanation that every caller may see."""
    return Explanation(table=compiled.source, reasons=compiled.reasons)


def full_explanation(compiled: Compiled, estimate: Rows) -> Explanation:
    """Returns the explanation for the platform's own callers. `estimate` is the result of EXPLAIN ESTIMATE."""
    return structs.replace(
        explanation(compiled),
        estimated_rows=sum(estimate.columns[ESTIMATED_ROWS]) if len(estimate) else 0,
        statements=[QueryStatement(each.sql, dict(each.parameters)) for each in compiled.statements],
    )


def _window(window: tuple[datetime, datetime]) -> QueryWindow:
    return QueryWindow(*(time.astimezone(UTC) for time in window))
