"""What an operation comes to before any of it is run: its depth, its aliases and its cost.

All are computed from what the executor runs: fields collected and merged, directives applied, arguments
and variables coerced, with their defaults. So one operation weighs the same however it is written.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from graphql import FieldNode, GraphQLError, GraphQLField, GraphQLObjectType, get_named_type, is_object_type
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet, collect_fields
from graphql.execution.executor import Executor
from graphql.execution.values import get_argument_values

from graph.gql.cost import price_of, priced

DEEPEST: Final = 16  # what tools ask of introspection; reports are 4 deep
MOST_ALIASES: Final = 200
MOST_SELECTED: Final = 10_000  # fields, as often as they are written where each fragment is spread


class Weight(NamedTuple):
    """How deep the operation nests, how many fields it gives a name of its own, and what it costs."""

    depth: int
    aliases: int
    cost: int


def weigh(executor: Executor[Any], now: datetime) -> Weight:
    """Asked at `now`. GraphQLError for an operation that is larger than any may be; nothing of it is read then."""
    weighing = _Weighing(executor, now)
    cost = weighing.operation()
    return Weight(weighing.depth, weighing.aliases, cost)


class _Weighing:
    """One operation. Each bound is checked on the way, so that this takes as long as the largest one at most."""

    def __init__(self, executor: Executor[Any], now: datetime) -> None:
        self._executor, self._now = executor, now
        self._selected = 0
        self.depth = self.aliases = 0

    def operation(self) -> int:
        executor = self._executor
        root = executor.schema.get_root_type(executor.operation.operation)
        if root is None:
            return 0
        collected = collect_fields(
            executor.schema, executor.fragments, executor.variable_values, root, executor.operation
        )
        return self._fields(root, collected.grouped_field_set, 1)

    def _fields(self, parent: GraphQLObjectType, selected: GroupedFieldSet, depth: int) -> int:
        self.depth = max(self.depth, depth)
        self.aliases += sum(name != nodes[0].node.name.value for name, nodes in selected.items())
        self._selected += sum(map(len, selected.values()))
        self._check()
        return sum(self._field(parent, nodes, depth) for nodes in selected.values())

    def _field(self, parent: GraphQLObjectType, nodes: FieldDetailsList, depth: int) -> int:
        name = nodes[0].node.name.value
        field = self._executor.schema.get_field(parent, name)
        if field is None:
            raise AssertionError(f"a valid document selects no {name} of {parent}")
        type_, inner = get_named_type(field.type), 0
        if is_object_type(type_):
            inner = self._fields(type_, self._executor.collect_subfields(type_, nodes).grouped_field_set, depth + 1)
        price = price_of(field)
        if price is None:
            return inner
        given = self._arguments(field, nodes)
        return 0 if given is None else priced(price, given, inner, self._now)

    def _arguments(self, field: GraphQLField, nodes: FieldDetailsList) -> Mapping[str, Any] | None:
        """None for what cannot be coerced: the field is an error then, and nothing of it is read."""
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
