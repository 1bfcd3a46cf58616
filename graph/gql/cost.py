"""What an operation costs, told before any of it is run.

cost = the sum over all fields of
    a report: 10 + the points of its series (hours or days of its window; minutes of a throughput)
    topOperators: limit x the same
    deliveryBreakdown, trend: 10 + the days of its window
    query, audit: 10,000, as many as a page of it may have rows
    a list: 10 + `first` x (1 + the cost of what is asked of each node)
    mnoQuality, costQuality: as much as the query that each of them is
Fields are counted as often as they are written, fragments as often as they are spread, and @skip is not looked at.
Arguments that cannot be read cost nothing here: the field itself says what is wrong with them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)

from graph.dsl.parse import MOST_ROWS
from graph.errors import ApiError
from graph.gql.arguments import read_interval, read_long_window, read_window
from graph.reports.lists import FEW_LISTED, MOST_LISTED
from graph.reports.throughput import POINTS_AN_HOUR
from graph.reports.top_operators import FEW_OPERATORS, MOST_OPERATORS
from graph.reports.windows import Window, series_length

MOST_COST: Final = 150_000  # a whole window by the minute is 129,610
REPORT: Final = 10

Arguments: TypeAlias = Mapping[str, Any]


def _window(given: Arguments, read: Callable[[str | None, str | None], Window] = read_window) -> Window | None:
    """The window of `from` and `to`, or of `window`; None when there is none."""
    try:
        if isinstance(given.get("window"), str):
            return read_interval(given["window"])
        times = [each if isinstance(each := given.get(name), str) else None for name in ("from", "to")]
        return read(*times)
    except ApiError:
        return None


def _series(default: str) -> Callable[[Arguments], int]:
    """The hours or days of a window."""

    def price(given: Arguments) -> int:
        window = _window(given)
        daily = given.get("granularity", default) == "DAILY"
        return REPORT + (series_length(window, "daily" if daily else "hourly") if window else 0)

    return price


def _throughput(given: Arguments) -> int:
    window = _window(given)
    an_hour = {"ONE_MINUTE": POINTS_AN_HOUR["1m"], "FIVE_MINUTES": POINTS_AN_HOUR["5m"]}
    points = an_hour.get(str(given.get("resolution")), POINTS_AN_HOUR["1h"])
    return REPORT + (series_length(window, "hourly") * points if window else 0)


def _trend(given: Arguments) -> int:
    window = _window(given, read_long_window)
    return REPORT + (series_length(window, "daily") if window else 0)


def _top_operators(given: Arguments) -> int:
    return _bounded(given.get("limit", FEW_OPERATORS), MOST_OPERATORS) * _hourly(given)


def _bounded(number: object, most: int) -> int:
    return min(max(number, 0), most) if isinstance(number, int) else 0


_hourly, _daily = _series("HOURLY"), _series("DAILY")

PRICES: Final[Mapping[tuple[str, str], Callable[[Arguments], int]]] = {
    ("Query", "summary"): _hourly,
    ("Query", "operator"): _hourly,
    ("Query", "account"): _daily,
    ("Query", "throughput"): _throughput,
    ("Query", "deliveryBreakdown"): _daily,
    ("Query", "topOperators"): _top_operators,
    ("Query", "trend"): _trend,
    ("Query", "operators"): lambda _: REPORT,
    ("Query", "accounts"): lambda _: REPORT,
    ("Query", "reconciliation"): lambda _: REPORT,
    ("Query", "freshness"): lambda _: REPORT,
    ("Query", "query"): lambda _: MOST_ROWS,
    ("Query", "audit"): lambda _: MOST_ROWS,
    ("Query", "mnoQuality"): lambda _: MOST_ROWS,
    ("Query", "costQuality"): lambda _: MOST_ROWS,
    ("Query", "catalog"): lambda _: REPORT,
    ("Subscription", "liveThroughput"): lambda _: REPORT,
    ("Operator", "performance"): _daily,
    ("Account", "usage"): _daily,
}
LISTS: Final = frozenset({("Query", "operators"), ("Query", "accounts"), ("Query", "reconciliation")})


def cost(schema: GraphQLSchema, document: DocumentNode, name: str | None, variables: Arguments) -> int:
    """The cost of a valid document's operation `name`, or of its only one; 0 when there is no such operation."""
    operations = [
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode) and name in (None, node.name.value if node.name else None)
    ]
    root = schema.get_root_type(operations[0].operation) if len(operations) == 1 else None
    if root is None:
        return 0
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    defaults = {
        each.variable.name.value: value_from_ast_untyped(each.default_value)
        for each in operations[0].variable_definitions or ()
        if each.default_value is not None
    }
    return _Weighing(schema, fragments, {**defaults, **variables}).selections(root, operations[0].selection_set)


@dataclass(frozen=True, slots=True)
class _Weighing:
    """One operation; each fragment is weighed once, however often it is spread."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Arguments
    weighed: dict[str, int] = field(default_factory=dict)

    def selections(self, parent: GraphQLObjectType, selected: SelectionSetNode | None) -> int:
        return sum(self._selection(parent, each) for each in (selected.selections if selected else ()))

    def _selection(self, parent: GraphQLObjectType, node: SelectionNode) -> int:
        match node:
            case FieldNode():
                return self._field(parent, node)
            case InlineFragmentNode():
                return self.selections(parent, node.selection_set)
            case FragmentSpreadNode():
                return self._fragment(parent, node.name.value)
            case _:
                raise AssertionError("a selection is a field, a fragment or a spread")

    def _fragment(self, parent: GraphQLObjectType, name: str) -> int:
        if name not in self.weighed:
            self.weighed[name] = self.selections(parent, self.fragments[name].selection_set)
        return self.weighed[name]

    def _field(self, parent: GraphQLObjectType, node: FieldNode) -> int:
        key = (parent.name, node.name.value)
        definition = parent.fields.get(node.name.value)
        if definition is None:  # __typename, __schema
            return 0
        given = {
            each.name.value: value_from_ast_untyped(each.value, dict(self.variables)) for each in node.arguments or ()
        }
        inner_type = get_named_type(definition.type)
        inner = 0
        if isinstance(inner_type, GraphQLObjectType) and (key not in PRICES or key in LISTS):
            inner = self.selections(inner_type, node.selection_set)
        price = PRICES[key](given) if key in PRICES else 0
        if key not in LISTS:
            return price + inner
        return price + _bounded(given.get("first", FEW_LISTED), MOST_LISTED) * (1 + inner)
