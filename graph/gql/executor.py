"""Execution that calls no resolver for each point of a series, nor for each node of a page."""

from collections.abc import Awaitable, Callable
from itertools import chain, islice
from typing import Any, TypeAlias, cast

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path, gather_with_cancel
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graph.gql.projections import (
    Many,
    Project,
    Selected,
    attribute,
    column,
    has_resolver,
    is_plain,
    is_plain_field,
    name_of,
    of_known,
    projection,
    row_type,
)

# Where the object of an index lies in the answer.
Place: TypeAlias = Callable[[int], Path]


class ProjectingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes what a root field has given by whole columns: one field of all objects, then the next.

    Plain objects are projected. A resolver below the root is called once, with all the objects as its `root`, and
    gives a value or an error for each of them.
    """

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if is_plain(return_type):
            return self._kept_projection(return_type, field_details_list)([result])[0]
        if return_type.name.startswith("__"):
            return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)
        return self._one(return_type, field_details_list, path, result)

    def _kept_projection(self, type_: GraphQLObjectType, nodes: FieldDetailsList) -> Project:
        """Compiled once for a document's nodes, which live as long as the document is remembered."""
        kept: dict[object, Project] | None = self.context_value.document.projections
        if kept is None:
            return projection(type_, nodes, self._selected)
        key = tuple(id(each.node) for each in nodes)
        if key not in kept:
            kept[key] = projection(type_, nodes, self._selected)
        return kept[key]

    def _selected(self, type_: GraphQLObjectType, nodes: FieldDetailsList) -> Selected:
        return self.collect_subfields(type_, nodes).grouped_field_set

    async def _one(self, type_: GraphQLObjectType, nodes: FieldDetailsList, path: Path, value: object) -> Any:
        (row,) = await self._rows(type_, nodes, [value], lambda _: path)
        return row

    async def _rows(self, type_: GraphQLObjectType, nodes: FieldDetailsList, values: Many, place: Place) -> Many:
        """What is asked of objects of a type that is not plain, none of which is None."""
        selected = self._selected(type_, nodes)
        columns = {
            name: self._column(type_, each, values, _field_of(place, name, type_.name))
            for name, each in selected.items()
        }
        waiting = {name: each for name, each in columns.items() if self.is_awaitable(each)}
        found = dict(zip(waiting, await gather_with_cancel(*waiting.values()), strict=True))
        return list(map(row_type(tuple(selected)), *[found.get(name, each) for name, each in columns.items()]))

    def _column(
        self, type_: GraphQLObjectType, nodes: FieldDetailsList, values: Many, place: Place
    ) -> Many | Awaitable[Many]:
        """One field of all objects."""
        field = type_.fields.get(name_of(nodes))  # None for __typename
        if field is not None and has_resolver(field):
            return self._resolved(type_, field, nodes, values, place)
        if field is None or is_plain_field(field):
            return column(type_, nodes, self._selected)(values)
        return self._nested(field, nodes, attribute(field, values), place)

    async def _nested(self, field: GraphQLField, nodes: FieldDetailsList, values: Many, place: Place) -> Many:
        """Objects that are not plain, or lists of such. Neither is ever None."""
        named = cast(GraphQLObjectType, get_named_type(field.type))
        if not is_list_type(get_nullable_type(field.type)):
            return await self._rows(named, nodes, values, place)
        places = [(index, item) for index, each in enumerate(values) for item in range(len(each))]
        rows = await self._rows(
            named,
            nodes,
            list(chain.from_iterable(values)),
            lambda index: Path(place(places[index][0]), places[index][1], None),
        )
        left = iter(rows)
        return [list(islice(left, len(each))) for each in values]

    async def _resolved(
        self, type_: GraphQLObjectType, field: GraphQLField, nodes: FieldDetailsList, values: Many, place: Place
    ) -> Many:
        """What a resolver gives for all objects; where it gives an error, the answer has null, and tells it."""
        found = await self._called(type_, field, nodes, values, place) if values else []
        for index, each in enumerate(found):
            if isinstance(each, Exception):
                self.handle_field_error(each, field.type, nodes, place(index))
        known = [None if isinstance(each, Exception) else each for each in found]
        named = get_named_type(field.type)
        if is_leaf_type(named):
            return known
        project = self._kept_projection(cast(GraphQLObjectType, named), nodes)
        return of_known(project, known)

    async def _called(
        self, type_: GraphQLObjectType, field: GraphQLField, nodes: FieldDetailsList, values: Many, place: Place
    ) -> Many:
        try:
            first = nodes[0]
            arguments = get_argument_values(
                field, first.node, self.variable_values, first.fragment_variable_values, self.hide_suggestions
            )
            info = self.build_resolve_info(field, [each.node for each in nodes], type_, place(0))
            assert field.resolve is not None
            resolved: Many = await field.resolve(values, info, **arguments)
        except Exception as error:  # a resolver's error is its field's, in each of the objects
            return [error] * len(values)
        if len(resolved) != len(values):
            raise AssertionError("a resolver gives one value, or error, for each object")
        return resolved


def _field_of(place: Place, name: str, type_name: str) -> Place:
    return lambda index: Path(place(index), name, type_name)
