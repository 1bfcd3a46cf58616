"""JSON -> Query. Types, sizes and shapes are checked here; what names mean, in meaning.py."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, get_args

from graph.dsl.ast import CompareTo, Direction, Order, Query, Time
from graph.dsl.comparing import Comparing
from graph.dsl.conditions import read_condition
from graph.dsl.meaning import Named, checked
from graph.dsl.problems import Problems
from graph.dsl.reading import Member, choice, flag, integer, read_object, sequence, text
from graph.dsl.scope import AllTenants
from graph.dsl.source import read
from graph.dsl.spans import SPAN, ZONE, Span, edges, kept_instant, moves, read_span
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


TIME: Final = {
    **SPAN,
    "granularity": Member("granularity", choice("a granularity", get_args(Granularity)), "none"),
    "timezone": Member("timezone", ZONE, "UTC"),
}
ORDER: Final = {
    "field": Member("field", text()),
    "direction": Member("direction", choice("a direction", get_args(Direction)), "asc"),
}
QUERY: Final = {
    "dataset": Member("dataset", choice("a dataset", tuple(DATASETS))),
    "measures": Member("measures", sequence(text(), 1, MOST_MEASURES)),
    "dimensions": Member("dimensions", sequence(text(), 0, MOST_DIMENSIONS), ()),
    "time": Member("time", _time),
    "filter": Member("filter", read_condition, None),
    "having": Member("having", read_condition, None),
    "orderBy": Member("order_by", sequence(_order, 0, MOST_MEASURES + MOST_DIMENSIONS + 1), ()),
    "limit": Member("limit", integer(1, MOST_ROWS), FEW_ROWS),
    "after": Member("after", text(LONGEST_CURSOR), None),
    "compareTo": Member("compare_to", choice("a comparison", get_args(CompareTo)), None),
    "totals": Member("totals", flag, False),
    "explain": Member("explain", flag, False),
}
