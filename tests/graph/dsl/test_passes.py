"""Each pass returns a condition that is true for the same rows."""

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.dsl.ast import And, Comparison, Condition, Not, Or
from graph.dsl.conditions import read_condition
from graph.dsl.passes import PASSES, Pass, conjuncts, fields, rewritten, simplified
from graph.dsl.problems import Problems
from tests.graph.support.random_queries import random_condition

Row = Mapping[str, str | None]
VALUES = ["a", "b", "c"]
ROWS: list[Row] = [{"x": x, "y": y} for x in [*VALUES, None] for y in [*VALUES, None]]


def written(random: Random) -> Condition:
    """A random condition over x and y."""

    def leaf() -> dict[str, object]:
        field, operator = random.choice("xy"), random.choice(["eq", "ne", "in", "notIn", "gt", "isNull"])
        if operator == "isNull":
            return {"field": field, "op": operator, "value": random.random() < 0.5}
        many = operator in ("in", "notIn")
        return {"field": field, "op": operator, "value": random.choices(VALUES, k=2) if many else random.choice(VALUES)}

    read = read_condition("$.filter", random_condition(random, leaf, 4), Problems())
    assert read is not None
    return read


def holds(given: Condition, row: Row) -> bool:
    """Evaluates a condition."""
    match given:
        case And(conditions):
            return all(holds(each, row) for each in conditions)
        case Or(conditions):
            return any(holds(each, row) for each in conditions)
        case Not(inner):
            return not holds(inner, row)
        case Comparison():
            return compares(given, row[given.field])


def compares(given: Comparison, value: str | None) -> bool:
    if given.operator == "isNull":
        return (value is None) == given.value
    values = given.value if isinstance(given.value, tuple) else (given.value,)
    if given.operator in ("ne", "notIn"):
        return value not in values
    if given.operator == "gt":
        return value is not None and value > str(given.value)
    return value in values


@pytest.mark.parametrize("each", dict.fromkeys(PASSES), ids=lambda each: each.__name__)
@settings(max_examples=50, deadline=None)
@given(random=st.randoms())
def test_a_pass_changes_no_answer(each: Pass, random: Random) -> None:
    before = written(random)
    after = rewritten(before, each)
    assert [holds(after, row) for row in ROWS] == [holds(before, row) for row in ROWS]


@settings(max_examples=50, deadline=None)
@given(random=st.randoms())
def test_simplified_conditions_are_simple(random: Random) -> None:
    before = written(random)
    after = simplified(before)
    assert [holds(after, row) for row in ROWS] == [holds(before, row) for row in ROWS]
    assert fields(after) == fields(before)
    rewritten(after, _check_simple)


def _check_simple(given: Condition) -> Condition:
    match given:
        case Comparison():
            assert given.operator not in ("ne", "notIn")
            assert given.value is not False
        case Not(inner):
            assert not isinstance(inner, Not)
        case And(conditions) | Or(conditions):
            assert len(conditions) > 1
            assert not any(isinstance(each, type(given)) for each in conditions)
    return given


def test_nested_conditions_of_one_are_flattened() -> None:
    one, other = Comparison("$", "x", "eq", "a"), Comparison("$", "y", "eq", "b")
    assert simplified(Not(And((Not(one),)))) == one
    assert simplified(And((one, Not(Or((Not(And((one, other))),)))))) == And((one, one, other))


def test_conjuncts() -> None:
    one, other = Comparison("$", "x", "eq", "a"), Comparison("$", "y", "eq", "b")
    assert conjuncts(None) == ()
    assert conjuncts(one) == (one,)
    assert conjuncts(And((one, other))) == (one, other)
    assert conjuncts(Or((one, other))) == (Or((one, other)),)
