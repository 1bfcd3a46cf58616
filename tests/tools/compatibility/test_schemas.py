"""Each kind of change of a schema breaks those who send the value, those who receive it, both or nobody."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from tools.compatibility.schemas import Comparison, Side

WHOLE: Final = {"type": "integer"}
TEXT: Final = {"type": "string"}


def typed(**members: Any) -> Mapping[str, Any]:
    return {"type": "object", "properties": members}


def either(*options: Any) -> Mapping[str, Any]:
    return {"anyOf": list(options)}


NULL: Final = {"type": "null"}
CLOSED: Final = {"additionalProperties": False}
A: Final = typed(a=TEXT)
# name -> (old, new, the break of those who send it, the break of those who receive it)
CHANGES: Final[Mapping[str, tuple[Any, Any, str, str]]] = {
    "nothing": (A, A, "", ""),
    "a description": (TEXT, {**TEXT, "description": "Words."}, "", ""),
    "a member is gone": (A, typed(), "x.a is gone.", "x.a is gone."),
    "a member is new": (A, typed(a=TEXT, b=TEXT), "", ""),
    "a new member is required": (A, {**typed(a=TEXT, b=TEXT), "required": ["b"]}, "x.b is required now.", ""),
    "a member is required": (A, {**A, "required": ["a"]}, "x.a is required now.", ""),
    "a member may be absent": ({**A, "required": ["a"]}, A, "", "x.a may be absent now."),
    "others are refused": (A, {**A, **CLOSED}, "x: other members are refused now.", ""),
    "others are accepted": ({**A, **CLOSED}, A, "", ""),
    "a type changed": (
        WHOLE,
        TEXT,
        "x: the type was integer, and is string.",
        "x: the type was integer, and is string.",
    ),
    "a type is wider": (WHOLE, {"type": "number"}, "", "x: the type was integer, and is integer, number."),
    "a type is narrower": ({"type": "number"}, WHOLE, "x: the type was integer, number, and is integer.", ""),
    "null is new": (WHOLE, either(WHOLE, NULL), "", "x: the type was integer, and is null."),
    "null is gone": (either(WHOLE, NULL), WHOLE, "x: the type was null, and is integer.", ""),
    "null in a list of types is gone": (
        {"type": ["string", "null"]},
        TEXT,
        "x: the type was null, string, and is string.",
        "",
    ),
    "a value is gone": ({"enum": ["a", "b"]}, {"enum": ["a"]}, "x: the value b is gone.", "x: the value b is gone."),
    "a value is new": ({"enum": ["a"]}, {"enum": ["a", "b"]}, "", ""),
    "values are listed": (TEXT, {**TEXT, "enum": ["a"]}, "x: the values were any, and are a.", ""),
    "values are free": ({**TEXT, "enum": ["a"]}, TEXT, "", "x: the values were a, and are any."),
    "a default changed": ({**WHOLE, "default": 1}, {**WHOLE, "default": 2}, "x: the default was 1, and is 2.", ""),
    "a minimum is new": (WHOLE, {**WHOLE, "minimum": 0}, "x: minimum was None, and is 0.", ""),
    "a minimum is gone": ({**WHOLE, "minimum": 0}, WHOLE, "", "x: minimum was 0, and is None."),
    "a maximum is lower": ({**WHOLE, "maximum": 9}, {**WHOLE, "maximum": 8}, "x: maximum was 9, and is 8.", ""),
    "a maximum is higher": ({**WHOLE, "maximum": 8}, {**WHOLE, "maximum": 9}, "", "x: maximum was 8, and is 9."),
    "a list is shorter": ({"maxItems": 9}, {"maxItems": 8}, "x: maxItems was 9, and is 8.", ""),
    "a pattern changed": (
        {"pattern": "a"},
        {"pattern": "b"},
        "x: pattern was a, and is b.",
        "x: pattern was a, and is b.",
    ),
    "a format is new": (TEXT, {**TEXT, "format": "date"}, "x: format was None, and is date.", ""),
    "a unit changed": ({"x-unit": "ms"}, {"x-unit": "s"}, "x: x-unit was ms, and is s.", "x: x-unit was ms, and is s."),
    "items changed": (
        {"items": WHOLE},
        {"items": TEXT},
        "x[]: the type was integer, and is string.",
        "x[]: the type was integer, and is string.",
    ),
    "values of a map changed": (
        {"additionalProperties": WHOLE},
        {"additionalProperties": TEXT},
        "x.*: the type was integer, and is string.",
        "x.*: the type was integer, and is string.",
    ),
    "an alternative is gone": (
        either(A, TEXT, WHOLE),
        either(A, TEXT),
        "x: an alternative changed (integer).",
        "",
    ),
    "members go together": (
        A,
        {**A, "dependentRequired": {"a": ["b"]}},
        "x: which members go together changed.",
        "",
    ),
    "one of two is required": (
        typed(a=TEXT, b=TEXT),
        {**typed(a=TEXT, b=TEXT), "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        "x: an alternative changed (object).",
        "",
    ),
}


@pytest.mark.parametrize("side", ["sent", "received"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_breaks_whom_it_affects(change: str, side: Side) -> None:
    old, new, sent, received = CHANGES[change]
    expected = sent if side == "sent" else received
    assert list(Comparison({}, {}, side).breaks("x", old, new)) == ([expected] if expected else [])


@pytest.mark.parametrize("side", ["sent", "received"])
def test_types_that_contain_themselves_are_compared_once(side: Side) -> None:
    reference = {"$ref": "#/components/schemas/Tree"}

    def document(leaf: Any) -> Any:
        return {"components": {"schemas": {"Tree": typed(leaf=leaf, child=either(reference, NULL))}}}

    found = Comparison(document(WHOLE), document(TEXT), side).breaks("x", reference, reference)
    assert list(found) == ["x.leaf: the type was integer, and is string."]
