"""Executes operations column by column, without a resolver call per point of a series or node of a page."""

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

# The path in the answer of the object with an index.
PathOf: TypeAlias = Callable[[int], Path]


class ProjectingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes the value of a root field by columns: one field of all objects, then the next.

    Plain objects are projected. A resolver below the root is called once, with all objects as its `root`, and returns
    a value or an error per object.
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
            return self._cached_projection(return_type, field_details_list)([result])[0]
        if return_type.name.startswith("__"):
            return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)
        return self._one(return_type, field_details_list, path, result)

    def _cached_projection(self, type_: GraphQLObjectType, nodes: FieldDetailsList) -> Project:
        """The projection for nodes of the document, compiled once while the document is cached."""
        cached: dict[object, Project] | None = self.context_value.document.projections
        if cached is None:
            return projection(type_, nodes, self._selected)
        key = tuple(id(each.node) for each in nodes)
        if key not in cached:
            cached[key] = projection(type_, nodes, self._selected)
        return cached[key]

    def _selected(self, type_: GraphQLObjectType, nodes: FieldDetailsList) -> Selected:
        return self.collect_subfields(type_, nodes).grouped_field_set

    async def _one(self, type_: GraphQLObjectType, nodes: FieldDetailsList, path: Path, value: object) -> Any:
        (row,) = await self._rows(type_, nodes, [value], lambda _: path)
        return row

    async def _rows(self, type_: GraphQLObjectType, nodes: FieldDetailsList, values: Many, path_of: PathOf) -> Many:
        """The selected fields of objects whose type is not plain. No object is None."""
        selected = self._selected(type_, nodes)
        columns = {
            name: self._column(type_, each, values, _field_of(path_of, name, type_.name))
            for name, each in selected.items()
        }
        waiting = {name: each for name, each in columns.items() if self.is_awaitable(each)}
        found = dict(zip(waiting, await gather_with_cancel(*waiting.values()), strict=True))
        return list(map(row_type(tuple(selected)), *[found.get(name, each) for name, each in columns.items()]))

    def _column(
        self, type_: GraphQLObjectType, nodes: FieldDetailsList, values: Many, path_of: PathOf
    ) -> Many | Awaitable[Many]:
        """The values of one field of all objects."""
        field = type_.fields.get(name_of(nodes))  # None for __typename
        if field is not None and has_resolver(field):
            return self._resolved(type_, field, nodes, values, path_of)
        if field is None or is_plain_field(field):
            return column(type_, nodes, self._selected)(values)
        return self._nested(field, nodes, attribute(field, values), path_of)

    async def _nested(self, field: GraphQLField, nodes: FieldDetailsList, values: Many, path_of: PathOf) -> Many:
        """The values of a field with objects that are not plain, or with lists of them. Neither is ever None."""
        named = cast(GraphQLObjectType, get_named_type(field.type))
        if not is_list_type(get_nullable_type(field.type)):
            return await self._rows(named, nodes, values, path_of)
        positions = [(index, item) for index, each in enumerate(values) for item in range(len(each))]
        rows = await self._rows(
            named,
            nodes,
            list(chain.from_iterable(values)),
            lambda index: Path(path_of(positions[index][0]), positions[index][1], None),
        )
        remaining = iter(rows)
        return [list(islice(remaining, len(each))) for each in values]

    async def _resolved(
        self, type_: GraphQLObjectType, field: GraphQLField, nodes: FieldDetailsList, values: Many, path_of: PathOf
    ) -> Many:
        """The values of a field with a resolver. An error becomes null, and an entry of `errors`."""
        found = await self._called(type_, field, nodes, values, path_of) if values else []
        for index, each in enumerate(found):
            if isinstance(each, Exception):
                self.handle_field_error(each, field.type, nodes, path_of(index))
        known = [None if isinstance(each, Exception) else each for each in found]
        named = get_named_type(field.type)
        if is_leaf_type(named):
            return known
        project = self._cached_projection(cast(GraphQLObjectType, named), nodes)
        return of_known(project, known)

    async def _called(
        self, type_: GraphQLObjectType, field: GraphQLField, nodes: FieldDetailsList, values: Many, path_of: PathOf
    ) -> Many:
        try:
            first = nodes[0]
            arguments = get_argument_values(
                field, first.node, self.variable_values, first.fragment_variable_values, self.hide_suggestions
            )
            info = self.build_resolve_info(field, [each.node for each in nodes], type_, path_of(0))
            assert field.resolve is not None
            resolved: Many = await field.resolve(values, info, **arguments)
        except Exception as error:  # an error of the resolver is one of its field in each object
            return [error] * len(values)
        if len(resolved) != len(values):
            raise AssertionError("a resolver must return one value or error per object")
        return resolved


def _field_of(path_of: PathOf, name: str, type_name: str) -> PathOf:
    return lambda index: Path(path_of(index), name, type_name)
