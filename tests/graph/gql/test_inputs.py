from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import inf
from typing import Any

import pytest
from graphql import build_schema
from strawberry import UNSET

from graph.audit import openapi, request
from graph.audit.graphql import sdl as audit_sdl
from graph.dsl import parse
from graph.dsl.readers import REQUIRED, Member, Shape, choice, description_of
from graph.gql.inputs import QueryCondition, QueryInput, as_json, input_type
from graph.gql.schema import sdl
from graph.gql.types import DateTime, Json
from graph.rest.query_schema import SCHEMAS
from tools import query_language

FROM, TO = DateTime("2026-10-01T00:00:00Z"), DateTime("2026-10-02T00:00:00Z")


def shape(name: str) -> Shape:
    """The shape of an object in a query."""
    found = parse.QUERY[name].read.inner_shape
    assert found is not None
    return found


QueryOrder = input_type(shape("orderBy"))
TIME = input_type(shape("time"))(from_=FROM, to=TO)


def condition(value: object) -> Any:
    return QueryCondition(field="messages", op="in", value=Json(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, Decimal("0.1")),
        ([1, 2.5, "x", None], [1, Decimal("2.5"), "x", None]),
        (2**70, 2**70),
        (inf, inf),
        ([[1.5]], [[1.5]]),
        ({"a": 1.5}, {"a": 1.5}),
        (None, None),
    ],
)
def test_values(value: object, expected: object) -> None:
    assert as_json(condition(value)) == {"field": "messages", "op": "in", "value": expected}


def test_absent_members_are_omitted() -> None:
    query = QueryInput(
        dataset="dlr",
        measures=["messages"],
        time=TIME,
        filter=QueryCondition(and_=[condition(1), QueryCondition(not_=condition(2))]),
        order_by=[QueryOrder(field="time", direction=UNSET)],
        after=None,
    )
    assert as_json(query) == {
        "dataset": "dlr",
        "measures": ["messages"],
        "time": {"from": FROM, "to": TO},
        "filter": {"and": [as_json(condition(1)), {"not": as_json(condition(2))}]},
        "orderBy": [{"field": "time"}],
        "after": None,
    }


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("QueryInput", SCHEMAS["Query"]["properties"]),
        ("QueryTime", SCHEMAS["Query"]["properties"]["time"]["properties"]),
        ("QueryOrder", SCHEMAS["Query"]["properties"]["orderBy"]["items"]["properties"]),
        ("QueryCondition", {"and", "or", "not", "field", "op", "value"}),
    ],
)
def test_inputs_have_the_shape_of_rest(name: str, members: object) -> None:
    schema = build_schema(sdl())
    assert set(schema.type_map[name].fields) == set(members)  # type: ignore[attr-defined, call-overload]  # an input type


def members(shape: Shape, name: str, schema: Mapping[str, Any]) -> Iterator[tuple[Member, str, Mapping[str, Any]]]:
    """Each member of a shape and of the objects in it, with its input in GraphQL and its JSON Schema."""
    for each, member in shape.members.items():
        own = schema["properties"][each]
        yield member, f"{name}.{each}", own
        if inner := member.read.inner_shape:
            yield from members(inner, inner.name, own.get("items", own))


@pytest.mark.parametrize(
    ("shape", "text", "schema"),
    [
        (parse.SHAPE, sdl(), SCHEMAS["Query"]),
        (request.SHAPE, audit_sdl(), openapi.document()["components"]["schemas"]["AuditQuery"]),
    ],
    ids=["query", "audit"],
)
def test_a_member_has_one_description_everywhere(shape: Shape, text: str, schema: Mapping[str, Any]) -> None:
    types = build_schema(text).type_map
    for member, place, own in members(shape, shape.name, schema):
        type_, name = place.split(".")
        field = types[type_].fields[name]  # type: ignore[attr-defined]  # an input type
        assert own["description"] == member.meaning, place
        assert field.description.startswith(description_of(member)), place
        assert str(field.type).endswith("!") == (member.default is REQUIRED), place


def test_the_reference_page_has_every_member() -> None:
    page = "\n".join(query_language.lines())
    for member, place, _ in members(parse.SHAPE, parse.SHAPE.name, SCHEMAS["Query"]):
        assert f"{place.split('.')[1]}` | {description_of(member)} |" in page


def test_a_new_member_is_one_line() -> None:
    shape = Shape(
        "Probe", "A probe.", {"colour": Member("colour", choice("a colour", ("red", "blue")), "Which.", "red")}
    )
    assert shape.schema == {
        "type": "object",
        "description": "A probe.",
        "properties": {"colour": {"enum": ["red", "blue"], "default": "red", "description": "Which."}},
        "required": [],
        "additionalProperties": False,
    }
    (field,) = input_type(shape).__strawberry_definition__.fields
    assert field.description == "Which. One of red, blue. Default: red."
    assert as_json(input_type(shape)(colour="blue")) == {"colour": "blue"}
