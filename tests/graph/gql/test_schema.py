"""The schema explains itself."""

from collections.abc import Iterator

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from graph.gql.schema import SCHEMA


def descriptions() -> Iterator[tuple[str, str | None]]:
    """Everything that has a place for one."""
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


def test_nothing_is_left_unexplained() -> None:
    assert [name for name, text in descriptions() if not (text or "").strip()] == []


def test_every_root_field_leaves_the_others_their_answers() -> None:
    assert SCHEMA.query_type is not None
    assert [name for name, field in SCHEMA.query_type.fields.items() if str(field.type).endswith("!")] == []
