"""The cost of an operation, computed before any of it is executed.

cost = the sum over all fields of
    a report: 10 + the points of its series (hours or days of its window; minutes of a throughput)
    topOperators: limit x (10 + the points of its series)
    deliveryBreakdown, trend: 10 + the days of its window
    restatements: 1,000, the most that are listed
    query, audit: 10,000, the most rows of a page
    a list: 10, and per selection of its edges `first` x (1 + the cost of the selected fields of a node)
    mnoQuality, costQuality: 10,000, as each is a query
A field declares its price in its metadata; directives state it in the SDL (graph/gql/directives.py). Fields, arguments
and variables are those that the executor runs (graph/gql/weights.py), however the document writes them.
Invalid times cost nothing here: the field itself reports them.
"""

from collections.abc import Callable, Mapping, Sequence
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
from graph.gql.directives import FREE, ListSize, PointCost, Points, weight
from graph.lists.id_lists import MAX_PAGE
from graph.lists.restatements_answer import MAX_RESTATEMENTS
from graph.reports.operators import MAX_OPERATORS
from graph.reports.throughput import POINTS_PER_HOUR
from graph.reports.windows import Window, WindowRequest, series_length

MOST_COST: Final = 150_000  # 90 days by minutes cost 129,610
LEAST: Final = 10
SIZED: Final = "edges"  # the field of a list that has its elements
PRICE: Final = "price"  # the key of a field's price in its metadata

Arguments: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a field with a resolver. `own`: its cost, from its arguments and the time of the request.

    `directives` state the price in the SDL. A list also costs its field SIZED once per each of its `first` elements.
    `window`: the window of which the field reads nothing but the days; None if it reads other data.
    """

    own: Callable[[Arguments, datetime], int]
    directives: Sequence[object]
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


def _hours(arguments: Arguments, now: datetime) -> int:
    window = _window(arguments, now)
    return LEAST + (series_length(window, "hourly") if window else 0)


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


_BY_DAY: Final = (weight(LEAST), PointCost(), Points(per_day=1))
SERIES: Final = Price(_series, (weight(LEAST), PointCost(argument="granularity")), window=_window)
DAYS: Final = Price(_series, _BY_DAY, window=_window)
THROUGHPUT: Final = Price(_throughput, (weight(LEAST), PointCost(argument="resolution")), window=_window)
TREND: Final = Price(_trend, _BY_DAY, window=partial(_window, read=read_long_window))
TOP_OPERATORS: Final = Price(
    _top_operators, (FREE, PointCost(argument="granularity", least=LEAST, times="limit")), window=_window
)
LEDGER: Final = Price(_hours, (weight(LEAST), PointCost(), Points(per_hour=1)))
RESTATEMENTS: Final = Price(_fixed(MAX_RESTATEMENTS), (weight(MAX_RESTATEMENTS),))
QUERY: Final = Price(_fixed(MOST_ROWS), (weight(MOST_ROWS),))
REPORT: Final = Price(_fixed(LEAST), (weight(LEAST),))
LIST: Final = Price(
    _fixed(LEAST),
    (
        weight(LEAST),
        ListSize(slicing_arguments=["first"], sized_fields=[SIZED], require_one_slicing_argument=False),
    ),
    is_list=True,
)


def price_of(field: GraphQLField) -> Price | None:
    """The price of a field; None for fields that cost only their selected fields."""
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    price: Price | None = definition and definition.metadata.get(PRICE)
    return price


def elements_of(price: Price, arguments: Arguments) -> int:
    """How often a field's SIZED costs what one element costs. `arguments`: the coerced ones, with defaults."""
    return _bounded(arguments["first"], MAX_PAGE) if price.is_list else 1
