"""Projections: functions from objects to their selected fields, compiled once and run column by column.

A type is plain if none of its fields, at any depth, has a resolver. Its objects are answers of reports: typed, and
ready for JSON, so nothing in them has to be resolved, awaited, checked or serialized.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Final, TypeAlias, cast

import msgspec
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList
from strawberry.schema.schema_converter import GraphQLCoreConverter

TYPENAME: Final = "__typename"

Many: TypeAlias = list[Any]
Project: TypeAlias = Callable[[Many], Many]
# The selected fields of a type, by their names in the answer; `Collect` collects them.
Selected: TypeAlias = Mapping[str, FieldDetailsList]
Collect: TypeAlias = Callable[[GraphQLObjectType, FieldDetailsList], Selected]


@cache
def is_plain(type_: GraphQLObjectType) -> bool:
    """Whether no field, at any depth, has a resolver."""
    return not type_.name.startswith("__") and not any(
        has_resolver(field) or not is_plain_field(field) for field in type_.fields.values()
    )


def is_plain_field(field: GraphQLField) -> bool:
    """Whether the values of a field are leaves or plain objects."""
    named = get_named_type(field.type)
    return is_leaf_type(named) or (is_object_type(named) and is_plain(named))


def has_resolver(field: GraphQLField) -> bool:
    """Whether a field has a resolver of its own."""
    return _definition(field).base_resolver is not None


def projection(type_: GraphQLObjectType, nodes: FieldDetailsList, collect: Collect) -> Project:
    """The projection of objects of a plain type to the fields that `nodes` select. No object may be None."""
    selected = collect(type_, nodes)
    columns = [column(type_, each, collect) for each in selected.values()]
    row = row_type(tuple(selected))
    return lambda values: list(map(row, *[each(values) for each in columns]))


def column(type_: GraphQLObjectType, nodes: FieldDetailsList, collect: Collect) -> Project:
    """The projection of objects to one field: a leaf or plain, without a resolver."""
    name = name_of(nodes)
    if name == TYPENAME:
        return lambda values: [type_.name] * len(values)
    field = type_.fields[name]
    named = get_named_type(field.type)
    if is_leaf_type(named):
        return lambda values: attribute(field, values)
    inner = projection(cast(GraphQLObjectType, named), nodes, collect)
    if is_list_type(get_nullable_type(field.type)):
        return lambda values: of_known(lambda lists: _of_lists(inner, lists), attribute(field, values))
    return lambda values: of_known(inner, attribute(field, values))


@lru_cache(maxsize=1024)
def row_type(names: tuple[str, ...]) -> Callable[..., Any]:
    """A type whose objects have these members, in this order.

    A struct takes at most half the time of a dictionary to make and encode.
    """
    fields = [(f"field_{number}", object, msgspec.field(name=name)) for number, name in enumerate(names)]
    return msgspec.defstruct("Row", fields, gc=False)


def attribute(field: GraphQLField, values: Many) -> Many:
    """The value of a field in each object."""
    return list(map(attrgetter(_definition(field).python_name), values))


def name_of(nodes: FieldDetailsList) -> str:
    """The name of the field that all nodes select."""
    return nodes[0].node.name.value


def of_known(project: Project, values: Many) -> Many:
    """Projects the values that are not None; None stays None."""
    if None not in values:
        return project(values)
    known = iter(project([value for value in values if value is not None]))
    return [None if value is None else next(known) for value in values]


def _of_lists(project: Project, lists: Many) -> Many:
    """Projects the items of all lists together."""
    projected = iter(project(list(chain.from_iterable(lists))))
    return [list(islice(projected, len(each))) for each in lists]


def _definition(field: GraphQLField) -> Any:
    """Strawberry's definition of a field."""
    return field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
