"""What an operation costs, told before any of it is run.

cost = the sum over all fields of
    a report: 10 + the points of its series (hours or days of its window; minutes of a throughput)
    topOperators: limit x the same
    deliveryBreakdown, trend: 10 + the days of its window
    query, audit: 10,000, as many as a page of it may have rows
    a list: 10 + `first` x (1 + the cost of what is asked of each node)
    mnoQuality, costQuality: as much as the query that each of them is
A field's price is declared with it, in its metadata. Fields, arguments and variables are those that the executor runs
(graph/gql/weights.py), not those that are written.
Times that cannot be read cost nothing here: the field itself says what is wrong with them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from graphql import GraphQLField
from strawberry.schema.schema_converter import GraphQLCoreConverter

from graph.dsl.parse import MOST_ROWS
from graph.errors import ApiError
from graph.gql.arguments import (
    Granularity,
    read_granularity,
    read_long_window,
    read_resolution,
    read_window,
)
from graph.reports.lists import MAX_PAGE
from graph.reports.throughput import POINTS_PER_HOUR
from graph.reports.top_operators import MAX_OPERATORS
from graph.reports.windows import Window, WindowRequest, series_length

MOST_COST: Final = 150_000  # a whole window by the minute is 129,610
LEAST: Final = 10
PRICE: Final = "price"  # among the metadata of a field, with which its price is declared

Arguments: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Price:
    """What a field with a resolver costs for its arguments, and when it is asked.

    A list costs for each of `first` nodes what is selected of it, too.
    """

    own: Callable[[Arguments, datetime], int]
    is_list: bool = False


def _window(
    given: Arguments, now: datetime, read: Callable[[WindowRequest, datetime], Window] = read_window
) -> Window | None:
    """The window that is asked for; None for one that cannot be read."""
    try:
        return read(WindowRequest(*(given[name] for name in ("from", "to", "window", "last", "timezone"))), now)
    except ApiError:
        return None


def _series(given: Arguments, now: datetime) -> int:
    """The hours or days of a window; without a choice of them, days."""
    window = _window(given, now)
    by = read_granularity(given.get("granularity", Granularity.DAILY))
    return LEAST + (series_length(window, by) if window else 0)


def _throughput(given: Arguments, now: datetime) -> int:
    window, points = _window(given, now), POINTS_PER_HOUR[read_resolution(given["resolution"])]
    return LEAST + (series_length(window, "hourly") * points if window else 0)


def _trend(given: Arguments, now: datetime) -> int:
    window = _window(given, now, read_long_window)
    return LEAST + (series_length(window, "daily") if window else 0)


def _top_operators(given: Arguments, now: datetime) -> int:
    return _bounded(given["limit"], MAX_OPERATORS) * _series(given, now)


def _fixed(cost: int) -> Callable[[Arguments, datetime], int]:
    return lambda _, __: cost


def _bounded(number: int, most: int) -> int:
    return min(max(number, 0), most)


SERIES: Final = Price(_series)
THROUGHPUT: Final = Price(_throughput)
TREND: Final = Price(_trend)
TOP_OPERATORS: Final = Price(_top_operators)
QUERY: Final = Price(_fixed(MOST_ROWS))
REPORT: Final = Price(_fixed(LEAST))
LIST: Final = Price(_fixed(LEAST), is_list=True)


def price_of(field: GraphQLField) -> Price | None:
    """None for what costs what is selected of it, such as a field of an answer."""
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    price: Price | None = definition and definition.metadata.get(PRICE)
    return price


def priced(price: Price, given: Arguments, inner: int, now: datetime) -> int:
    """The cost of a field whose selections cost `inner`, asked at `now`. `given`: its arguments, coerced, with their
    defaults.
    """
    own = price.own(given, now)
    return own + _bounded(given["first"], MAX_PAGE) * (1 + inner) if price.is_list else own
