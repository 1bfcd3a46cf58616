"""JSON -> Query. Types, sizes and shapes are checked here; what names mean, in meaning.py."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, get_args

from graph.dsl.ast import CompareTo, Direction, Order, Query, Time
from graph.dsl.comparing import Comparing
from graph.dsl.conditions import read_condition
from graph.dsl.meaning import Named, checked
from graph.dsl.problems import Problems
from graph.dsl.reading import Member, choice, flag, integer, read_object, sequence, text
from graph.dsl.scope import AllTenants
from graph.dsl.source import read
from graph.errors import InvalidWindowError
from graph.reports.windows import parse_time
from infra.zones import TIMEZONES
from schema.catalog import DATASETS
from schema.catalog.terms import Granularity

MOST_MEASURES: Final = 20
MOST_DIMENSIONS: Final = 10
MOST_ROWS: Final = 10_000
FEW_ROWS: Final = 500
LONGEST_CURSOR: Final = 16_384
# Nothing was ever counted outside these, and the engine's calendar ends soon after.
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)


def parse(source: bytes | Mapping[str, object]) -> Query:
    """InvalidQueryError with every problem of the shape, and then of the names, too."""
    problems = Problems()
    attributes = read_object("$", read(source) if isinstance(source, bytes) else source, problems, QUERY)
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


def read_instant(path: str, value: object, problems: Problems) -> datetime | None:
    """An RFC 3339 time, in UTC."""
    written = text()(path, value, problems)
    if written is None:
        return None
    try:
        time = parse_time("It", written)
    except InvalidWindowError as error:
        problems.add(path, str(error))
        return None
    if not EARLIEST <= time <= LATEST:
        problems.add(path, f"Must lie between {EARLIEST.isoformat()} and {LATEST.isoformat()}.")
        return None
    return time


def _time(path: str, value: object, problems: Problems) -> Time | None:
    given: dict[str, Any] = read_object(path, value, problems, TIME)
    if len(given) < len(TIME) or None in given.values():
        return None
    if given["to"] <= given["from_"]:
        problems.add(f"{path}.to", "Must be later than `from`.")
        return None
    return Time(**given)


def _order(path: str, value: object, problems: Problems) -> Order | None:
    given = read_object(path, value, problems, ORDER)
    return None if len(given) < len(ORDER) else Order(**given)


TIME: Final = {
    "from": Member("from_", read_instant),
    "to": Member("to", read_instant),
    "granularity": Member("granularity", choice("a granularity", get_args(Granularity)), "none"),
    "timezone": Member("timezone", choice("an IANA timezone", sorted(TIMEZONES)), "UTC"),
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
