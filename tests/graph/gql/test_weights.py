"""An operation has the same weight however it is written."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import pytest
from graphql import parse, validate
from hypothesis import given
from hypothesis import strategies as st

from graph.gql.executor import ProjectingExecutor
from graph.gql.schema import SCHEMA
from graph.gql.weights import Weight, weigh

DAY: Final = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-03T00:00:00Z"}
OFFSET: Final = {"from": "2026-10-01T04:30:00+04:30", "to": "2026-10-03T04:30:00+04:30"}


def weight(text: str, variables: Mapping[str, Any]) -> Weight:
    document = parse(text)
    assert validate(SCHEMA, document) == []
    executor = ProjectingExecutor.build(SCHEMA, document, raw_variable_values=dict(variables))
    assert not isinstance(executor, list), executor
    return weigh(executor, datetime(2026, 10, 8, 12, 30, tzinfo=UTC))


@dataclass(frozen=True)
class Selection:
    """A selected field: its alias, its arguments (name -> (GraphQL's type, JSON)), and its own selection.

    An argument whose value is its default may be left out.
    """

    name: str
    arguments: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    selected: Sequence["Selection"] = ()
    alias: str | None = None
    type: str = ""  # of its value


def leaf(name: str) -> Selection:
    return Selection(name)


TIMES: Final = {name: ("DateTime", text) for name, text in DAY.items()}
INTERVAL: Final = {"window": ("Interval", f"{DAY['from']}/{DAY['to']}")}
PERFORMANCE: Final = Selection(
    "performance",
    {**INTERVAL, "granularity": ("Granularity", "HOURLY")},
    [leaf("totalCost")],
    None,
    "OperatorPerformance",
)
NODE: Final = Selection("node", {}, [leaf("operatorId"), PERFORMANCE], None, "Operator")
OPERATORS: Final = Selection(
    "operators",
    {"first": ("Int", 30)},
    [leaf("totalCount"), Selection("edges", {}, [NODE], None, "OperatorEdge")],
    None,
    "OperatorConnection",
)
FIELDS: Final = [
    Selection("summary", TIMES, [leaf("totalMessages"), leaf("totalCost")], None, "Summary"),
    Selection("summary", {**TIMES, "granularity": ("Granularity", "DAILY")}, [leaf("lowSample")], "b", "Summary"),
    Selection("topOperators", {**TIMES, "limit": ("Int", 7)}, [leaf("dataAsOf")], None, "TopOperators"),
    Selection(
        "throughput", {**TIMES, "resolution": ("Resolution", "ONE_MINUTE")}, [leaf("dataAsOf")], "t", "Throughput"
    ),
    Selection("account", {**TIMES, "id": ("ID", "17")}, [leaf("segments")], None, "AccountUsage"),
    Selection("mnoQuality", INTERVAL, [leaf("dataAsOf")], None, "MnoQuality"),
    Selection(
        "topOperators",
        {**TIMES, "limit": ("Int", 5), "granularity": ("Granularity", "HOURLY")},
        [leaf("dataAsOf")],
        "d",
        "TopOperators",
    ),
    Selection("throughput", {**TIMES, "resolution": ("Resolution", "ONE_HOUR")}, [leaf("dataAsOf")], "e", "Throughput"),
    Selection("accounts", {"first": ("Int", 50)}, [leaf("totalCount")], "f", "AccountConnection"),
    Selection("freshness", {}, [leaf("dataAsOf")], None, "Freshness"),
    OPERATORS,
    Selection("accounts", {"first": ("Int", 2)}, [leaf("totalCount")], "c", "AccountConnection"),
]
# Defaults of the schema, which may be omitted.
DEFAULTS: Final = {
    ("summary", "granularity"): "HOURLY",
    ("performance", "granularity"): "DAILY",
    ("topOperators", "limit"): 5,
    ("throughput", "resolution"): "ONE_HOUR",
    ("operators", "first"): 50,
    ("accounts", "first"): 50,
}


class Writer:
    """Writes an operation in one of many equal forms."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._declared: list[str] = []
        self._fragments: list[str] = []
        self._written: dict[tuple[str, str, str], str] = {}
        self.variables: dict[str, Any] = {}

    def operation(self, fields: Sequence[Selection]) -> str:
        body = self._selections(fields, "Query")
        declared = f"({' '.join(self._declared)})" if self._declared else ""
        return " ".join([f"query Q{declared} {body}", *self._fragments])

    def _selections(self, fields: Sequence[Selection], parent: str) -> str:
        """Fields in any order, some twice, some in fragments, some with skipped fields beside them."""
        written = [self._wrapped(each, parent) for each in fields]
        written += [self._wrapped(each, parent) for each in fields if self._random.random() < 0.2]
        if self._random.random() < 0.3:
            dead = Selection(fields[0].name, fields[0].arguments, fields[0].selected, "dead", fields[0].type)
            written.append(self._field(dead, self._condition("skip", holds=True)))
        self._random.shuffle(written)
        return f"{{ {' '.join(written)} }}"

    def _wrapped(self, field: Selection, parent: str) -> str:
        match self._random.randrange(6):
            case 0:
                return f"... {{ {self._field(field)} }}"
            case 1:
                return f"... on {parent} {self._condition('include', holds=True)} {{ {self._field(field)} }}"
            case 2:
                name = f"f{len(self._fragments)}"
                self._fragments.append("")
                self._fragments[int(name[1:])] = f"fragment {name} on {parent} {{ {self._field(field)} }}"
                return f"...{name} {self._condition('skip', holds=False)}"
            case 3:
                return self._field(field, self._condition("include", holds=True))
            case _:
                return self._field(field)

    def _field(self, field: Selection, directive: str = "") -> str:
        """A field whose arguments always have the same text: fields that merge must have equal arguments."""
        alias = f"{field.alias}: " if field.alias else self._random.choice(["", f"{field.name}: "])
        given = [self._argument(field, name, *value) for name, value in field.arguments.items()]
        arguments = f"({' '.join(filter(None, given))})" if any(given) else ""
        selected = self._selections(field.selected, field.type) if field.selected else ""
        return f"{alias}{field.name}{arguments} {directive} {selected}"

    def _argument(self, field: Selection, name: str, type_: str, value: Any) -> str:
        key = (field.name, field.alias or "", name)
        if key not in self._written:
            self._written[key] = self._written_once(field, name, type_, value)
        return self._written[key]

    def _written_once(self, field: Selection, name: str, type_: str, value: Any) -> str:
        ways: list[Callable[[], str]] = [
            lambda: f"{name}: {literal(type_, value)}",
            lambda: f"{name}: {self._variable(type_, self._spelled(type_, value))}",
            lambda: f"{name}: {self._default(type_, value)}",
        ]
        if type_ == "Interval":
            start, _, end = value.partition("/")
            ways += [
                lambda: f"{name}: {{from: {json.dumps(start)}, to: {self._variable('DateTime', end)}}}",
                lambda: f"{name}: {self._variable(type_, {'from': start, 'to': end})}",
            ]
        if DEFAULTS.get((field.name, name)) == value:
            ways += [lambda: "", lambda: f"{name}: {self._declare(type_)}"]
        return self._random.choice(ways)()

    def _spelled(self, type_: str, value: Any) -> Any:
        if type_ == "Int":
            return self._random.choice([value, float(value)])
        return int(value) if type_ == "ID" and self._random.random() < 0.5 else value

    def _declare(self, type_: str, default: str = "") -> str:
        """Declares a variable without a value."""
        name = f"$v{len(self._declared)}"
        self._declared.append(f"{name}: {type_}{'!' if type_ == 'ID' else ''}{default}")
        return name

    def _variable(self, type_: str, value: Any) -> str:
        name = self._declare(type_, self._random.choice(["", f" = {OTHERS[type_]}"]))
        self.variables[name[1:]] = value
        return name

    def _default(self, type_: str, value: Any) -> str:
        return self._declare(type_, f" = {literal(type_, value)}")

    def _condition(self, name: str, *, holds: bool) -> str:
        if self._random.random() < 0.5:
            return f"@{name}(if: {str(holds).lower()})"
        variable = f"$v{len(self._declared)}"
        self._declared.append(f"{variable}: Boolean!")
        self.variables[variable[1:]] = holds
        return f"@{name}(if: {variable})"


# Defaults without effect, as the variable has a value.
OTHERS: Final = {
    "Int": "999",
    "DateTime": '"2020-01-01T00:00:00Z"',
    "Interval": '"2020-01-01T00:00:00Z/2020-03-01T00:00:00Z"',
    "Granularity": "DAILY",
    "Resolution": "ONE_HOUR",
    "ID": '"x"',
}


def literal(type_: str, value: Any) -> str:
    return str(value) if type_ in {"Int", "Granularity", "Resolution"} else json.dumps(value)


def plainly(fields: Sequence[Selection]) -> str:
    """Writes an operation in its simplest form."""

    def text(field: Selection) -> str:
        alias = f"{field.alias}: " if field.alias else ""
        given = " ".join(f"{name}: {literal(*value)}" for name, value in field.arguments.items())
        selected = f"{{ {' '.join(map(text, field.selected))} }}" if field.selected else ""
        return f"{alias}{field.name}{f'({given})' if given else ''} {selected}"

    return f"{{ {' '.join(map(text, fields))} }}"


@given(
    st.lists(st.sampled_from(FIELDS), min_size=1, max_size=5, unique_by=lambda each: each.alias or each.name),
    st.integers(0, 2**32),
)
def test_equal_operations_have_equal_weights(fields: Sequence[Selection], seed: int) -> None:
    expected = weight(plainly(fields), {})
    writer = Writer(Random(seed))
    text = writer.operation(fields)
    assert weight(text, writer.variables) == expected, (text, writer.variables)


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ("query ($n: Int) { operators(first: $n) { edges { cursor } } }", {"n": 1000.0}, 1010),
        ("query ($n: Int = 1000) { operators(first: $n) { edges { cursor } } }", {}, 1010),
        ("query ($n: Int = 1000) { operators(first: $n) { edges { cursor } } }", {"n": 1}, 11),
        ("query ($n: Int) { operators(first: $n) { edges { cursor } } }", {}, 60),
        ("query ($w: Interval) { mnoQuality(window: $w) { dataAsOf } }", {"w": DAY}, 10_000),
    ],
)
def test_coerced_values_are_priced(text: str, variables: Mapping[str, Any], expected: int) -> None:
    assert weight(text, variables).cost == expected


@pytest.mark.parametrize("window", [f'"{DAY["from"]}/{DAY["to"]}"', '{{from: "{from}", to: "{to}"}}'.format(**DAY)])
def test_an_object_of_times_is_an_interval(window: str) -> None:
    field_ = f"performance(window: {window}, granularity: HOURLY) {{ totalCost }}"
    assert weight(f"{{ operators(first: 10) {{ edges {{ node {{ {field_} }} }} }} }}", {}).cost == 10 + 10 * (1 + 58)


def test_times_are_equal_whatever_their_offset() -> None:
    texts = [
        f"{{ summary(from: {json.dumps(each['from'])}, to: {json.dumps(each['to'])}) {{ totalCost }} }}"
        for each in (DAY, OFFSET)
    ]
    assert weight(texts[0], {}) == weight(texts[1], {})
