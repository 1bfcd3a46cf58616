"""Parses JSON into a Query: checks types, sizes and shapes; `name_checks` checks the names."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, get_args

from graph.dsl.ast import CompareTo, Direction, Order, Query, Time
from graph.dsl.comparisons import ComparisonChecker
from graph.dsl.compile import ROW_CAP
from graph.dsl.conditions import CONDITION, DEEPEST, MOST_COMPARISONS
from graph.dsl.name_checks import QueryNames, check_names
from graph.dsl.problems import Problems
from graph.dsl.readers import Member, Shape, choice, flag, integer, object_reader, read_object, sequence, text
from graph.dsl.scope import AllTenants
from graph.dsl.source import read
from graph.dsl.time_ranges import (
    ONE_RANGE,
    RANGE,
    ZONE,
    TimeRange,
    is_relative,
    read_range,
    resolve_range,
    split_instant,
)
from schema.catalog import DATASETS
from schema.catalog.terms import Granularity

MOST_MEASURES: Final = 20
MOST_DIMENSIONS: Final = 10
MOST_ROWS: Final = 10_000
FEW_ROWS: Final = 500
LONGEST_CURSOR: Final = 16_384


class _Time(NamedTuple):
    """The member `time` as the request states it, with a window that may be relative."""

    time_range: TimeRange
    granularity: Granularity
    timezone: str


def parse(source: bytes | Mapping[str, object], now: datetime | None = None) -> Query:
    """Parses a query, and resolves relative windows against `now` (by default, the clock's time).

    Raises InvalidQueryError with all problems of its shape and its names.
    """
    return Query(**read_query(read(source) if isinstance(source, bytes) else source, now, QUERY))


def read_query(source: Mapping[str, object], now: datetime | None, members: Mapping[str, Member]) -> dict[str, Any]:
    """The attributes of a query that has these members; raises as `parse`."""
    problems = Problems()
    attributes = read_object("$", source, problems, members)
    _resolve(attributes, now or datetime.now(UTC), problems)
    if problems:
        _add_meanings(attributes, problems)
    problems.check()
    return attributes


def _add_meanings(attributes: Mapping[str, Any], problems: Problems) -> None:
    """Adds the problems of all readable names, so that one request reports all problems."""
    dataset, time = attributes.get("dataset"), attributes.get("time")
    if dataset is None:
        return
    named = QueryNames(
        measures=attributes.get("measures") or (),
        dimensions=attributes.get("dimensions") or (),
        granularity=time and time.granularity,
        order_by=attributes.get("order_by") or (),
        filter=attributes.get("filter"),
        having=attributes.get("having"),
    )
    # With all rights: `resolve` checks the caller's rights once everything else is right.
    check_names(named, ComparisonChecker(DATASETS[dataset], AllTenants(), problems))


def _time(path: str, value: object, problems: Problems) -> _Time | None:
    attributes = read_object(path, value, problems, TIME)
    time_range = read_range(path, value, attributes, problems)
    if time_range is None or attributes["granularity"] is None or attributes["timezone"] is None:
        return None
    return _Time(time_range, attributes["granularity"], attributes["timezone"])


def _resolve(attributes: dict[str, Any], now: datetime, problems: Problems) -> None:
    """Replaces a relative window by two times: relative to the time that `after` keeps, or to `now`."""
    time: _Time | None = attributes.get("time")
    if time is None:
        return
    if is_relative(time.time_range):
        attributes["at"], attributes["after"] = split_instant(attributes.get("after"), now)
    window = resolve_range("$.time", time.time_range, time.timezone, attributes.get("at") or now, problems)
    attributes["time"] = window and Time(*window, time.granularity, time.timezone)


def _order(path: str, value: object, problems: Problems) -> Order | None:
    attributes = read_object(path, value, problems, ORDER)
    return None if len(attributes) < len(ORDER) else Order(**attributes)


_MEASURES: Final = [measure.name for dataset in DATASETS.values() for measure in dataset.measures]
_DIMENSIONS: Final = [dimension.name for dataset in DATASETS.values() for dimension in dataset.dimensions]
TIME: Final = {
    **RANGE,
    "granularity": Member(
        "granularity", choice("a granularity", get_args(Granularity)), "The length of the rows' time buckets.", "none"
    ),
    "timezone": Member("timezone", ZONE, "IANA zone of `window` and of the buckets, such as Asia/Kabul.", "UTC"),
}
ORDER: Final = {
    "field": Member(
        "field", text(names=["time", *_DIMENSIONS, *_MEASURES]), "`time`, or a dimension or measure of the query."
    ),
    "direction": Member("direction", choice("a direction", get_args(Direction)), "Null comes last in both.", "asc"),
}
_WHEN: Final = Shape("QueryTime", "The window, half-open and exact, and its time buckets.", TIME, ONE_RANGE)
_ORDER: Final = Shape("QueryOrder", "A column to sort by; ties are broken by time and dimensions.", ORDER)
QUERY: Final = {
    "dataset": Member("dataset", choice("a dataset", tuple(DATASETS)), "The events to query."),
    "measures": Member(
        "measures",
        sequence(text(names=_MEASURES), 1, MOST_MEASURES),
        f"1 to {MOST_MEASURES} of the dataset's measures in `catalog`: the figures of each row.",
    ),
    "dimensions": Member(
        "dimensions",
        sequence(text(names=_DIMENSIONS), 0, MOST_DIMENSIONS),
        f"Up to {MOST_DIMENSIONS} of its dimensions: one row per combination that has events.",
        (),
    ),
    "time": Member(
        "time",
        object_reader(_WHEN, _time),
        "The window and its time buckets. All pages of a query share one window.",
    ),
    "filter": Member(
        "filter",
        CONDITION,
        "Selects events: comparisons of dimensions, combined by `and`, `or` and `not`. At most "
        f"{DEEPEST} levels and {MOST_COMPARISONS} comparisons.",
        None,
        nullable=True,
    ),
    "having": Member(
        "having",
        CONDITION,
        "Selects rows: comparisons of measures, which need not be among `measures`.",
        None,
        nullable=True,
    ),
    "orderBy": Member(
        "order_by",
        sequence(object_reader(_ORDER, _order), 0, MOST_MEASURES + MOST_DIMENSIONS + 1),
        "Columns of the answer to sort by, then time and dimensions.",
        (),
    ),
    "limit": Member(
        "limit",
        integer(1, MOST_ROWS),
        f"Rows per page, at most {MOST_ROWS:,}; all pages together have at most {ROW_CAP:,}.",
        FEW_ROWS,
    ),
    "after": Member(
        "after",
        text(LONGEST_CURSOR),
        "`page.endCursor` of the previous page of the same query.",
        None,
        nullable=True,
    ),
    "compareTo": Member(
        "compare_to",
        choice("a comparison", get_args(CompareTo)),
        "Adds `previous` to each row: the same measures in an earlier window.",
        None,
        nullable=True,
    ),
    "totals": Member("totals", flag, "Whether to add the measures over all rows.", False),
    "fill": Member(
        "fill",
        flag,
        "Whether each bucket of the window has a row, for each combination of the dimensions that has events: without "
        "events, counts and sums are 0, all other measures null. Needs `time.granularity`.",
        False,
    ),
    "explain": Member("explain", flag, "Whether to return how the query would run, without running it.", False),
}
SHAPE: Final = Shape("QueryInput", "A query: measures by dimensions and time. The same in REST and GraphQL.", QUERY)
