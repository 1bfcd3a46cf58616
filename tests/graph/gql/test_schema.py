"""The schema has descriptions and nullable root fields, and graphql-eslint accepts it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from graph.gql.schema import SCHEMA
from tests.support.npm import run_node
from tools.export import ROOT

# Names that the public interface has, although the linter prefers others: (rule, field).
KEPT: Final = {
    ("@graphql-eslint/no-typename-prefix", "accountId"),
    ("@graphql-eslint/no-typename-prefix", "operatorId"),
    ("@graphql-eslint/no-typename-prefix", "query"),
    ("@graphql-eslint/naming-convention", "query"),
}


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


@pytest.mark.anyio
async def test_graphql_eslint_has_no_complaint() -> None:
    found = json.loads(await run_node(Path(__file__).with_name("lint_schema.cjs"), ROOT / "schema/graph.graphql"))
    assert {(rule, *re.findall(r'^Field "(\w+)"', message)) for rule, message in found} == KEPT, found
