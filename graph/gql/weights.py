"""The weight of an operation, computed before it is executed: its depth, its aliases and its cost.

It is computed from what the executor runs: with fields collected and merged, directives applied, and arguments and
variables coerced. So an operation has the same weight however it is written.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from graphql import FieldNode, GraphQLError, GraphQLField, GraphQLObjectType, get_named_type, is_object_type
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet, collect_fields
from graphql.execution.executor import Executor
from graphql.execution.values import get_argument_values

from graph.gql.cost import SIZED, elements_of, price_of
from graph.reports.windows import Window

DEEPEST: Final = 16  # the depth of tools' introspection; reports are 4 deep
MOST_ALIASES: Final = 200
MOST_SELECTED: Final = 10_000  # fields, with those of each fragment per spread


class Weight(NamedTuple):
    """The depth of an operation, its number of aliases, and its cost.

    `windows`: those whose days the answer is made of; None if it is made of other data, too.
    """

    depth: int
    aliases: int
    cost: int
    windows: Sequence[Window] | None = None


def weigh(executor: Executor[Any], now: datetime) -> Weight:
    """The weight of an operation at `now`. Raises GraphQLError if it exceeds a limit; then nothing is executed."""
    weighing = _Weighing(executor, now)
    cost = weighing.operation()
    windows = [each for each in weighing.windows if each is not None]
    is_known = len(windows) == len(weighing.windows) and windows
    return Weight(weighing.depth, weighing.aliases, cost, windows if is_known else None)


class _Weighing:
    """Weighs one operation. It checks limits on the way, so the time is bounded, too."""

    def __init__(self, executor: Executor[Any], now: datetime) -> None:
        self._executor, self._now = executor, now
        self._selected = 0
        self.depth = self.aliases = 0
        self.windows: list[Window | None] = []  # of the fields with a price

    def operation(self) -> int:
        executor = self._executor
        root = executor.schema.get_root_type(executor.operation.operation)
        if root is None:
            return 0
        collected = collect_fields(
            executor.schema, executor.fragments, executor.variable_values, root, executor.operation
        )
        return self._fields(root, collected.grouped_field_set, 1)

    def _fields(
        self, parent: GraphQLObjectType, selected: GroupedFieldSet, depth: int, elements: int | None = None
    ) -> int:
        """The cost of selected fields. `elements`: of the list that they belong to."""
        self.depth = max(self.depth, depth)
        self.aliases += sum(name != nodes[0].node.name.value for name, nodes in selected.items())
        self._selected += sum(map(len, selected.values()))
        self._check()
        return sum(
            elements * (1 + self._field(parent, nodes, depth))
            if elements is not None and nodes[0].node.name.value == SIZED
            else self._field(parent, nodes, depth)
            for nodes in selected.values()
        )

    def _field(self, parent: GraphQLObjectType, nodes: FieldDetailsList, depth: int) -> int:
        name = nodes[0].node.name.value
        field = self._executor.schema.get_field(parent, name)
        if field is None:
            raise AssertionError(f"a valid document selects no {name} of {parent}")
        price = price_of(field)
        arguments = None if price is None else self._arguments(field, nodes)
        elements = 1 if price is None or arguments is None else elements_of(price, arguments)
        inner, type_ = 0, get_named_type(field.type)
        if is_object_type(type_):
            subfields = self._executor.collect_subfields(type_, nodes).grouped_field_set
            inner = self._fields(type_, subfields, depth + 1, elements if price and price.is_list else None)
        if price is None:
            return inner
        self.windows.append(price.window(arguments, self._now) if price.window and arguments is not None else None)
        return 0 if arguments is None else price.own(arguments, self._now) + inner

    def _arguments(self, field: GraphQLField, nodes: FieldDetailsList) -> Mapping[str, Any] | None:
        """The coerced arguments; None if they are invalid. Then the field is an error, and costs nothing."""
        node: FieldNode = nodes[0].node
        try:
            return get_argument_values(field, node, self._executor.variable_values, nodes[0].fragment_variable_values)
        except GraphQLError:
            return None

    def _check(self) -> None:
        if self.depth > DEEPEST:
            raise GraphQLError(f"The operation nests deeper than {DEEPEST} levels.")
        if self.aliases > MOST_ALIASES:
            raise GraphQLError(f"The operation has more than {MOST_ALIASES} aliases.")
        if self._selected > MOST_SELECTED:
            raise GraphQLError(f"The operation selects more than {MOST_SELECTED} fields.")
