"""The cost of an operation, computed before any of it is executed.

cost = the sum over all fields of
    a report: 10 + the points of its series (hours or days of its window; minutes of a throughput)
    topOperators: limit x (10 + the points of its series)
    deliveryBreakdown, trend: 10 + the days of its window
    query, audit: 10,000, the most rows of a page
    a list: 10 + `first` x (1 + the cost of the selected fields of a node)
    mnoQuality, costQuality: 10,000, as each is a query
A field declares its price in its metadata. Fields, arguments and variables are those that the executor runs
(graph/gql/weights.py), however the document writes them.
Invalid times cost nothing here: the field itself reports them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
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

MOST_COST: Final = 150_000  # 90 days by minutes cost 129,610
LEAST: Final = 10
PRICE: Final = "price"  # the key of a field's price in its metadata

Arguments: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a field with a resolver. `own`: its cost, from its arguments and the time of the request.

    A list also costs the selected fields of each of its `first` nodes. `window`: the window of which the field reads
    nothing but the days; None if it reads other data.
    """

    own: Callable[[Arguments, datetime], int]
    is_list: bool = False
    window: Callable[[Arguments, datetime], Window | None] | None = None


def _window(
    arguments: Arguments, now: datetime, read: Callable[[WindowRequest, datetime], Window] = read_window
) -> Window | None:
    """The requested window; None if it is invalid."""
    try:
        return read(WindowRequest(*(arguments[name] for name in ("from", "to", "window", "last", "timezone"))), now)
    except ApiError:
        return None


def _series(arguments: Arguments, now: datetime) -> int:
    """The cost of a series of hours or days; of days without `granularity`."""
    window = _window(arguments, now)
    by = read_granularity(arguments.get("granularity", Granularity.DAILY))
    return LEAST + (series_length(window, by) if window else 0)


def _throughput(arguments: Arguments, now: datetime) -> int:
    window, points = _window(arguments, now), POINTS_PER_HOUR[read_resolution(arguments["resolution"])]
    return LEAST + (series_length(window, "hourly") * points if window else 0)


def _trend(arguments: Arguments, now: datetime) -> int:
    window = _window(arguments, now, read_long_window)
    return LEAST + (series_length(window, "daily") if window else 0)


def _top_operators(arguments: Arguments, now: datetime) -> int:
    return _bounded(arguments["limit"], MAX_OPERATORS) * _series(arguments, now)


def _fixed(cost: int) -> Callable[[Arguments, datetime], int]:
    return lambda _, __: cost


def _bounded(number: int, most: int) -> int:
    return min(max(number, 0), most)


SERIES: Final = Price(_series, window=_window)
THROUGHPUT: Final = Price(_throughput, window=_window)
TREND: Final = Price(_trend, window=partial(_window, read=read_long_window))
TOP_OPERATORS: Final = Price(_top_operators, window=_window)
QUERY: Final = Price(_fixed(MOST_ROWS))
REPORT: Final = Price(_fixed(LEAST))
LIST: Final = Price(_fixed(LEAST), is_list=True)


def price_of(field: GraphQLField) -> Price | None:
    """The price of a field; None for fields that cost only their selected fields."""
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    price: Price | None = definition and definition.metadata.get(PRICE)
    return price


def cost_of(price: Price, arguments: Arguments, inner: int, now: datetime) -> int:
    """The cost of a field whose selected fields cost `inner`, at the time `now`.

    `arguments`: its coerced arguments, with defaults.
    """
    own = price.own(arguments, now)
    return own + _bounded(arguments["first"], MAX_PAGE) * (1 + inner) if price.is_list else own
