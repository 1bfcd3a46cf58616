"""The schema has descriptions, and nullable root fields."""

from collections.abc import Iterator

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from graph.gql.schema import SCHEMA


def descriptions() -> Iterator[tuple[str, str | None]]:
    """The description of each element of the schema that can have one."""
    for name, type_ in SCHEMA.type_map.items():
        if name.startswith("__"):
            continue
        yield name, type_.description
        match type_:
            case GraphQLObjectType() | GraphQLInterfaceType():
                for field_name, field in type_.fields.items():
                    yield f"{name}.{field_name}", field.description
                    yield from ((f"{name}.{field_name}({key})", arg.description) for key, arg in field.args.items())
            case GraphQLInputObjectType():
                yield from ((f"{name}.{key}", field.description) for key, field in type_.fields.items())
            case GraphQLEnumType():
                yield from ((f"{name}.{key}", value.description) for key, value in type_.values.items())


def test_everything_is_described() -> None:
    assert [name for name, text in descriptions() if not (text or "").strip()] == []


def test_every_root_field_is_nullable() -> None:
    assert SCHEMA.query_type is not None
    assert [name for name, field in SCHEMA.query_type.fields.items() if str(field.type).endswith("!")] == []
