"""JSON -> Query. Types, sizes and shapes are checked here; what names mean, in meaning.py."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, get_args

from graph.dsl.ast import CompareTo, Direction, Order, Query, Time
from graph.dsl.comparing import Comparing
from graph.dsl.compile import ROW_CAP
from graph.dsl.conditions import CONDITION, DEEPEST, MOST_COMPARISONS
from graph.dsl.meaning import Named, checked
from graph.dsl.problems import Problems
from graph.dsl.reading import Member, Shape, choice, flag, integer, read_object, sequence, shaped, text
from graph.dsl.scope import AllTenants
from graph.dsl.source import read
from graph.dsl.spans import ONE_SPAN, SPAN, ZONE, Span, edges, kept_instant, moves, read_span
from schema.catalog import DATASETS
from schema.catalog.terms import Granularity

MOST_MEASURES: Final = 20
MOST_DIMENSIONS: Final = 10
MOST_ROWS: Final = 10_000
FEW_ROWS: Final = 500
LONGEST_CURSOR: Final = 16_384


class _Time(NamedTuple):
    """When, as it was given."""

    span: Span
    granularity: Granularity
    timezone: str


def parse(source: bytes | Mapping[str, object], now: datetime | None = None) -> Query:
    """The query as it is at `now` (by default, the clock's), against which windows that move are resolved.

    InvalidQueryError with every problem of the shape, and then of the names, too.
    """
    problems = Problems()
    attributes = read_object("$", read(source) if isinstance(source, bytes) else source, problems, QUERY)
    _resolve(attributes, now or datetime.now(UTC), problems)
    if problems:
        _add_meanings(attributes, problems)
    problems.check()
    return Query(**attributes)


def _add_meanings(attributes: Mapping[str, Any], problems: Problems) -> None:
    """What is wrong with the names, too, as far as they could be read: nobody should have to ask twice."""
    dataset, time = attributes.get("dataset"), attributes.get("time")
    if dataset is None:
        return
    named = Named(
        measures=attributes.get("measures") or (),
        dimensions=attributes.get("dimensions") or (),
        granularity=time and time.granularity,
        order_by=attributes.get("order_by") or (),
        filter=attributes.get("filter"),
        having=attributes.get("having"),
    )
    # Whatever depends on the caller is told when everything else is right.
    checked(named, Comparing(DATASETS[dataset], AllTenants(), problems))


def _time(path: str, value: object, problems: Problems) -> _Time | None:
    given = read_object(path, value, problems, TIME)
    span = read_span(path, value, given, problems)
    if span is None or given["granularity"] is None or given["timezone"] is None:
        return None
    return _Time(span, given["granularity"], given["timezone"])


def _resolve(attributes: dict[str, Any], now: datetime, problems: Problems) -> None:
    """A window that moves becomes two times: at `now`, or when the page was asked that `after` is the end of."""
    time: _Time | None = attributes.get("time")
    if time is None:
        return
    if moves(time.span):
        attributes["at"], attributes["after"] = kept_instant(attributes.get("after"), now)
    found = edges("$.time", time.span, time.timezone, attributes.get("at") or now, problems)
    attributes["time"] = found and Time(*found, time.granularity, time.timezone)


def _order(path: str, value: object, problems: Problems) -> Order | None:
    given = read_object(path, value, problems, ORDER)
    return None if len(given) < len(ORDER) else Order(**given)


_MEASURES: Final = [measure.name for dataset in DATASETS.values() for measure in dataset.measures]
_DIMENSIONS: Final = [dimension.name for dataset in DATASETS.values() for dimension in dataset.dimensions]
TIME: Final = {
    **SPAN,
    "granularity": Member(
        "granularity", choice("a granularity", get_args(Granularity)), "How long the buckets of rows are.", "none"
    ),
    "timezone": Member("timezone", ZONE, "IANA zone of `window` and of buckets, such as Asia/Kabul.", "UTC"),
}
ORDER: Final = {
    "field": Member(
        "field", text(names=["time", *_DIMENSIONS, *_MEASURES]), "`time`, or a dimension or measure asked for."
    ),
    "direction": Member("direction", choice("a direction", get_args(Direction)), "Which way; null comes last.", "asc"),
}
_WHEN: Final = Shape(
    "QueryTime", "The window, half-open and exact, and the buckets that it is cut into.", TIME, ONE_SPAN
)
_ORDER: Final = Shape("QueryOrder", "What rows are ordered by; ties are broken by time and dimensions.", ORDER)
QUERY: Final = {
    "dataset": Member("dataset", choice("a dataset", tuple(DATASETS)), "Which events."),
    "measures": Member(
        "measures",
        sequence(text(names=_MEASURES), 1, MOST_MEASURES),
        f"1 to {MOST_MEASURES} of the dataset's measures: the numbers of each row, as `catalog` names them.",
    ),
    "dimensions": Member(
        "dimensions",
        sequence(text(names=_DIMENSIONS), 0, MOST_DIMENSIONS),
        f"Up to {MOST_DIMENSIONS} of its dimensions: a row for each combination that has events.",
        (),
    ),
    "time": Member(
        "time", shaped(_WHEN, _time), "When, and in which buckets. A cursor keeps what a window that moves became."
    ),
    "filter": Member(
        "filter",
        CONDITION,
        "Which events count: comparisons of dimensions under `and`, `or`, `not`, nested to depth "
        f"{DEEPEST}, {MOST_COMPARISONS} at most.",
        None,
        nullable=True,
    ),
    "having": Member(
        "having",
        CONDITION,
        "Which rows are answered: the same of measures, asked for or not.",
        None,
        nullable=True,
    ),
    "orderBy": Member(
        "order_by",
        sequence(shaped(_ORDER, _order), 0, MOST_MEASURES + MOST_DIMENSIONS + 1),
        "Columns of the answer that rows are ordered by; then by time and dimensions.",
        (),
    ),
    "limit": Member(
        "limit",
        integer(1, MOST_ROWS),
        f"Rows of a page, at most {MOST_ROWS:,}; all pages together have at most {ROW_CAP:,}.",
        FEW_ROWS,
    ),
    "after": Member(
        "after",
        text(LONGEST_CURSOR),
        "`page.endCursor` of the page before, with the same query.",
        None,
        nullable=True,
    ),
    "compareTo": Member(
        "compare_to",
        choice("a comparison", get_args(CompareTo)),
        "Adds `previous` to each row: the same of another window.",
        None,
        nullable=True,
    ),
    "totals": Member("totals", flag, "Whether to add the measures over everything.", False),
    "explain": Member("explain", flag, "Whether to tell what the query would do, instead of running it.", False),
}
SHAPE: Final = Shape("QueryInput", "A query: measures by dimensions and time. The same in REST and GraphQL.", QUERY)
