"""All problems of a query's shape are reported together, each with its path and the allowed values."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from graph.dsl.ast import And, Comparison, Not, Order, Query, Time
from graph.dsl.parse import parse
from graph.errors import InvalidQueryError

EXAMPLE: dict[str, Any] = {
    "dataset": "dlr",
    "measures": ["messages", "deliveryRate"],
    "dimensions": ["mno", "lane"],
    "time": {
        "from": "2026-10-01T00:00:00Z",
        "to": "2026-11-01T00:00:00+04:30",
        "granularity": "day",
        "timezone": "Asia/Kabul",
    },
    "filter": {
        "and": [
            {"field": "lane", "op": "in", "value": ["OTP", "TRANSACTIONAL"]},
            {"not": {"field": "status", "op": "eq", "value": "EXPIRED"}},
        ]
    },
    "having": {"field": "deliveryRate", "op": "gte", "value": 0.5},
    "orderBy": [{"field": "time"}, {"field": "messages", "direction": "desc"}],
    "limit": 7,
    "after": None,
    "compareTo": "previousPeriod",
    "totals": True,
}
LEAST: dict[str, Any] = {
    "dataset": "dlr",
    "measures": ["messages"],
    "time": {"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"},
}


def problems(query: object) -> list[tuple[str, str, tuple[str, ...]]]:
    """The path, the message and the allowed values of each problem."""
    return problems_of(query if isinstance(query, bytes) else json.dumps(query).encode())


def problems_of(body: bytes) -> list[tuple[str, str, tuple[str, ...]]]:
    with pytest.raises(InvalidQueryError) as caught:
        parse(body)
    assert caught.value.problems
    assert caught.value.problems[0].message in str(caught.value)
    return [(problem.path, problem.message, problem.allowed) for problem in caught.value.problems]


def test_the_whole_shape() -> None:
    parsed = parse(json.dumps(EXAMPLE).encode())
    assert parsed == Query(
        dataset="dlr",
        measures=("messages", "deliveryRate"),
        dimensions=("mno", "lane"),
        time=Time(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 31, 19, 30, tzinfo=UTC), "day", "Asia/Kabul"),
        filter=And(
            (
                Comparison("$.filter.and[0]", "lane", "in", ("OTP", "TRANSACTIONAL")),
                Not(Comparison("$.filter.and[1].not", "status", "eq", "EXPIRED")),
            )
        ),
        having=Comparison("$.having", "deliveryRate", "gte", Decimal("0.5")),
        order_by=(Order("time", "asc"), Order("messages", "desc")),
        limit=7,
        after=None,
        compare_to="previousPeriod",
        totals=True,
        explain=False,
    )
    assert parse(EXAMPLE) == parsed  # GraphQL has read its JSON already


def test_names_are_checked_together_with_the_shape() -> None:
    query = {
        "dataset": "cdr",
        "measures": ["costs", 5, "cost"],
        "dimensions": ["lanes", "lane", "lane"],
        "time": {"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z", "timezone": "Asia/Cabul"},
        "filter": {"or": [{"field": "verdict", "op": "eq", "value": "x"}, {"field": "cost", "op": "eq", "value": 1}]},
        "having": {"and": [{"field": "lane", "op": "eq", "value": "x"}, {"field": "cost", "op": "eq", "value": 1.5}]},
        "limit": 0,
    }
    reported = problems(query)
    assert [path for path, _, _ in reported] == [
        *("$.measures[1]", "$.time.timezone", "$.limit", "$.measures[0]", "$.dimensions[0]", "$.dimensions[2]"),
        *("$.filter.or[0].field", "$.filter.or[1].field", "$.having.and[0].field", "$.having.and[1].value"),
    ]
    allowed = {path: names for path, _, names in reported if names}
    assert allowed["$.time.timezone"][0] == "Asia/Kabul"
    assert allowed["$.measures[0]"][0] == "cost"
    assert allowed["$.dimensions[0]"][0] == "lane"


def test_defaults() -> None:
    parsed = parse(LEAST | {"filter": None, "limit": None})
    assert (parsed.dimensions, parsed.filter, parsed.order_by, parsed.limit) == ((), None, (), 500)
    assert (parsed.time.granularity, parsed.time.timezone) == ("none", "UTC")
    assert (parsed.compare_to, parsed.totals, parsed.after, parsed.explain) == (None, False, None, False)
    alone = parse(LEAST | {"filter": {"field": "errorCode", "op": "isNull"}})
    assert alone.filter == Comparison("$.filter", "errorCode", "isNull", True)


def test_all_problems_are_reported_together() -> None:
    query = {
        "dataset": 7,
        "measures": [],
        "time": {"from": "2026-10-01", "to": "2026-11-01T00:00:00Z", "granularity": "dayly", "zone": "UTC"},
        "filter": {"and": [{"field": "lane", "op": "like", "value": "x"}, {"op": "eq", "value": None}]},
        "having": {"or": [], "field": "messages"},
        "orderBy": [{"field": "time", "direction": "down"}],
        "limt": 5,
        "limit": 10_001,
        "totals": "yes",
    }
    reported = problems(query)
    assert [path for path, _, _ in reported] == [
        *("$.limt", "$.dataset", "$.measures", "$.time.zone", "$.time.from", "$.time.granularity"),
        *("$.filter.and[0].op", "$.filter.and[1].field", "$.having", "$.orderBy[0].direction", "$.limit", "$.totals"),
    ]
    allowed = {path: names for path, _, names in reported if names}
    assert allowed["$.limt"][0] == "limit"
    assert allowed["$.time.granularity"][0] == "day"
    assert allowed["$.orderBy[0].direction"] == ("asc", "desc")
    assert "in" in allowed["$.filter.and[0].op"]


def test_a_wrong_operator_or_value_does_not_hide_a_wrong_name() -> None:
    reported = problems(
        LEAST
        | {
            "dimensions": ["mnoo"],
            "filter": {
                "and": [
                    {"field": "laen", "op": "inn", "value": ["OTP"]},
                    {"field": "stauts", "op": "isnull"},
                    {"field": "lame", "op": "eq", "value": {}},
                    {"field": "status", "op": "like", "value": "DELIVRED"},
                ]
            },
            "orderBy": [{"field": "mno", "direction": "up"}],
        }
    )
    at = "$.filter.and"
    assert [path for path, _, _ in reported] == [
        *(f"{at}[0].op", f"{at}[1].op", f"{at}[2].value", f"{at}[3].op", "$.orderBy[0].direction", "$.dimensions[0]"),
        *(f"{at}[0].field", f"{at}[1].field", f"{at}[2].field", f"{at}[3].value", "$.orderBy[0].field"),
    ]
    allowed = {path: names for path, _, names in reported}
    assert allowed[f"{at}[0].field"][0] == "lane"
    assert allowed["$.orderBy[0].field"] == ("messages",), "what is allowed is what is right, not what was written"


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"measures": ["messages", 5]}, "$.measures[1]", "Must be a text, not 5."),
        ({"measures": "messages"}, "$.measures", 'Must be a list, not "messages".'),
        ({"measures": ["messages"] * 21}, "$.measures", "Must have 1 to 20 items, not 21."),
        ({"measures": ["x" * 129]}, "$.measures[0]", "Must have at most 128 characters, not 129."),
        ({"dimensions": ["\ud800"]}, "$.dimensions[0]", "Must not have an unpaired surrogate."),
        ({"dataset": "dlrs"}, "$.dataset", '"dlrs" is not a dataset.'),
        ({"limit": "5"}, "$.limit", 'Must be an integer from 1 to 10000, not "5".'),
        ({"limit": True}, "$.limit", "Must be an integer from 1 to 10000, not true."),
        ({"limit": 5.0}, "$.limit", 'Must be an integer from 1 to 10000, not "5.0".'),
        ({"time": 5}, "$.time", "Must be an object, not 5."),
        ({"filter": "lane"}, "$.filter", 'Must be an object, not "lane".'),
        (
            {"filter": {"field": "lane", "op": "eq", "value": ["a"]}},
            "$.filter.value",
            "`eq` takes a single value.",
        ),
        ({"filter": {"field": "lane", "op": "in", "value": "a"}}, "$.filter.value", "`in` takes a list of values."),
        (
            {"filter": {"field": "lane", "op": "eq", "value": None}},
            "$.filter.value",
            "Is required; use `isNull` to compare with null.",
        ),
        (
            {"filter": {"field": "errorCode", "op": "isNull", "value": "x"}},
            "$.filter.value",
            'Must be true or false, not "x".',
        ),
        (
            {"filter": {"field": "lane", "op": "in", "value": []}},
            "$.filter.value",
            "Must have 1 to 1000 items, not 0.",
        ),
        (
            {"filter": {"field": "lane", "op": "in", "value": ["x"] * 1001}},
            "$.filter.value",
            "Must have 1 to 1000 items, not 1001.",
        ),
        (
            {"filter": {"field": "lane", "op": "in", "value": [["x"]]}},
            "$.filter.value[0]",
            'Must be a text or a number, not ["x"].',
        ),
        ({"filter": {"and": {}}}, "$.filter.and", "Must be a list of 1 to 100 conditions."),
        (
            {"filter": {"and": [{"not": {"field": "mno", "op": "eq", "value": "y"}}], "or": []}},
            "$.filter",
            "`and` must be the only member of its object.",
        ),
        (
            {"time": {"from": "2026-10-01T00:00:00Z", "to": "2026-10-01T00:00:00Z"}},
            "$.time.to",
            "Must be later than `from`.",
        ),
        (
            {"time": {"from": "1999-12-31T23:59:59Z", "to": "2026-10-01T00:00:00Z"}},
            "$.time.from",
            "Must lie between 2000-01-01T00:00:00+00:00 and 2100-01-01T00:00:00+00:00.",
        ),
        (
            {"time": {"from": "2026-02-30T00:00:00Z", "to": "2026-10-01T00:00:00Z"}},
            "$.time.from",
            "It is not a time that exists: 2026-02-30T00:00:00Z.",
        ),
    ],
)
def test_one_problem(change: dict[str, Any], path: str, message: str) -> None:
    assert [(each[0], each[1]) for each in problems(LEAST | change)] == [(path, message)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is not JSON: Expecting value at line 1, column 1."),
        (b"[]", "A query is a JSON object, not []."),
        (b"\xff\xfe", "The body must be JSON in UTF-8."),
        ('{"dataset": "dlr"}'.encode("utf-16"), "The body must be JSON in UTF-8."),
        (b'{"limit": 1, "limit": 2}', 'An object has two members named "limit".'),
        (b'{"limit": NaN}', "NaN is not JSON."),
        (b'{"limit": -Infinity}', "-Infinity is not JSON."),
        (b'{"limit": ' + b"9" * 5000 + b"}", "A number has more than 40 characters."),
        (b'{"filter": ' * 200_000, "The JSON text is nested too deeply."),
        (b"[" * 200_000, "The JSON text is nested too deeply."),
    ],
    ids=range(10),
)
def test_a_text_that_is_no_json_object_is_refused(body: bytes, message: str) -> None:
    assert problems_of(body) == [("$", message, ())]


@pytest.mark.parametrize("how", ["and", "or", "not"])
def test_conditions_nest_to_depth_8(how: str) -> None:
    condition: Any = {"field": "lane", "op": "eq", "value": "OTP"}
    for _ in range(8):
        condition = {how: condition if how == "not" else [condition]}
    assert parse(LEAST | {"filter": condition}).filter
    deeper = {how: condition if how == "not" else [condition]}
    ((path, message, _),) = problems(LEAST | {"filter": deeper})
    assert message == "Must have at most 8 levels of nesting."
    assert path.count(how) == 8


def test_comparisons_are_limited_over_a_whole_tree() -> None:
    leaf = {"field": "lane", "op": "eq", "value": "OTP"}
    assert parse(LEAST | {"filter": {"or": [{"and": [leaf] * 100}] * 2}}).filter
    reported = problems(LEAST | {"filter": {"or": [{"and": [leaf] * 100}] * 3}})
    assert reported == [("$.filter.or[2].and[0]", "Must have at most 200 comparisons.", ())]


def test_at_most_fifty_problems_are_reported() -> None:
    reported = problems(LEAST | {"filter": {"field": "lane", "op": "in", "value": [{}] * 1000}})
    assert len(reported) == 50
