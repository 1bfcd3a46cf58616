"""Execution that does not call a resolver for every field of every point of a series."""

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, TypeAlias, cast

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter

Project: TypeAlias = Callable[[Any], Any]


class ProjectingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes objects whose fields are all plain attributes by a projection compiled from the selection.

    Such an object is an answer of a report: typed, and JSON as it stands, so that there is nothing in it to
    resolve, await, check or serialize. Everything else is executed as ever.
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
            return self._kept_projection(return_type, field_details_list)(result)
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)

    def _kept_projection(self, type_: GraphQLObjectType, nodes: FieldDetailsList) -> Project:
        """Compiled once for a document's nodes, which live as long as the document is remembered."""
        kept: dict[object, Project] | None = self.context_value.document.projections
        if kept is None:
            return self._projection(type_, nodes)
        key = tuple(id(each.node) for each in nodes)
        if key not in kept:
            kept[key] = self._projection(type_, nodes)
        return kept[key]

    def _projection(self, type_: GraphQLObjectType, nodes: FieldDetailsList) -> Project:
        """From an object to a dictionary of what a selection asks of it."""
        selected = self.collect_subfields(type_, nodes).grouped_field_set
        if all(_is_attribute(type_, each) for each in selected.values()):
            return _attributes({name: _attribute(type_, each) for name, each in selected.items()})
        fields = {name: self._field(type_, each) for name, each in selected.items()}
        return lambda value: {name: project(value) for name, project in fields.items()}

    def _field(self, type_: GraphQLObjectType, nodes: FieldDetailsList) -> Project:
        if nodes[0].node.name.value == "__typename":
            return lambda _: type_.name
        get = attrgetter(_attribute(type_, nodes))
        if _is_attribute(type_, nodes):
            return get
        field_type = _field_of(type_, nodes).type
        inner = self._projection(cast(GraphQLObjectType, get_named_type(field_type)), nodes)
        if is_list_type(field_type.of_type if is_non_null_type(field_type) else field_type):
            return lambda value: [inner(item) for item in get(value)]
        return lambda value: None if (found := get(value)) is None else inner(found)


@cache
def is_plain(type_: GraphQLObjectType) -> bool:
    """Whether no field, however deep, has a resolver of its own."""
    return not type_.name.startswith("__") and all(
        _definition(field).base_resolver is None and _is_plain_field(field) for field in type_.fields.values()
    )


def _is_plain_field(field: GraphQLField) -> bool:
    named = get_named_type(field.type)
    return is_leaf_type(named) or (is_object_type(named) and is_plain(named))


def _is_attribute(type_: GraphQLObjectType, nodes: FieldDetailsList) -> bool:
    """Whether a field's value goes into the answer as it is."""
    name = nodes[0].node.name.value
    return name != "__typename" and is_leaf_type(get_named_type(type_.fields[name].type))


def _attributes(names: Mapping[str, str]) -> Project:
    """From an object to {answered name: attribute}; one call for all of them."""
    answered = tuple(names)
    if len(answered) == 1:
        get_one = attrgetter(*names.values())
        return lambda value: {answered[0]: get_one(value)}
    get = attrgetter(*names.values())
    return lambda value: dict(zip(answered, get(value), strict=True))


def _attribute(type_: GraphQLObjectType, nodes: FieldDetailsList) -> str:
    name: str = _definition(_field_of(type_, nodes)).python_name
    return name


def _field_of(type_: GraphQLObjectType, nodes: FieldDetailsList) -> GraphQLField:
    return cast(GraphQLField, type_.fields[nodes[0].node.name.value])


def _definition(field: GraphQLField) -> Any:
    """What strawberry made the field from."""
    return field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
