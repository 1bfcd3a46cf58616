from decimal import Decimal
from math import inf

import pytest
from graphql import build_schema
from strawberry import UNSET

from graph.gql.queries import QueryCondition, QueryInput, QueryOrder, QueryTime, as_json
from graph.gql.schema import sdl
from graph.gql.types import DateTime, Json
from graph.rest.query_schema import SCHEMAS

FROM, TO = DateTime("2026-10-01T00:00:00Z"), DateTime("2026-10-02T00:00:00Z")
TIME = QueryTime(from_=FROM, to=TO)


def condition(value: object) -> QueryCondition:
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


def test_only_what_was_given() -> None:
    asked = QueryInput(
        dataset="dlr",
        measures=["messages"],
        time=TIME,
        filter=QueryCondition(and_=[condition(1), QueryCondition(not_=condition(2))]),
        order_by=[QueryOrder(field="time", direction=UNSET)],
        after=None,
    )
    assert as_json(asked) == {
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
