"""The cost that a client computes from the SDL alone is the cost that is charged."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from random import Random
from typing import Any

import pytest
from graphql import GraphQLSchema, Undefined, build_schema, get_named_type, parse, value_from_ast_untyped
from graphql.language import (
    ConstDirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    SelectionNode,
    VariableNode,
)
from graphql.type import GraphQLField, GraphQLNamedType, GraphQLObjectType

from graph.gql.executor import ProjectingExecutor
from graph.gql.schema import SCHEMA
from graph.gql.weights import weigh
from tools.export import ROOT

NOW = datetime(2026, 10, 8, 12, 30, tzinfo=UTC)
DOCUMENTS = 1000


@dataclass(frozen=True)
class StaticCost:
    """Reads the GraphQL Cost Directives, and this schema's directives of series, in a document."""

    schema: GraphQLSchema
    variables: Mapping[str, Any]
    fragments: Mapping[str, FragmentDefinitionNode]

    def selections(self, parent: GraphQLObjectType, nodes: Sequence[SelectionNode], sized: Mapping[str, int]) -> int:
        """The cost of selections, each response name once. `sized`: field -> elements."""
        merged: dict[str, list[FieldNode]] = {}
        for field in self._fields(nodes):
            merged.setdefault(field.alias.value if field.alias else field.name.value, []).append(field)
        return sum(sized.get(same[0].name.value, 1) * self._field(parent, same) for same in merged.values())

    def _field(self, parent: GraphQLObjectType, same: Sequence[FieldNode]) -> int:
        name = same[0].name.value
        if name == "__typename":
            return 0
        field = parent.fields[name]
        arguments = {
            key: value
            for key, each in field.args.items()
            if (value := _default(each.ast_node)) not in (None, Undefined)
        }
        arguments |= {
            each.name.value: self._value(each.value) for each in (same[0].arguments or ()) if self._is_given(each.value)
        }
        directives = _directives(field)
        size = directives.get("listSize", {})
        elements = next((arguments[each] for each in size.get("slicingArguments", ())), 1)
        sized = dict.fromkeys(size.get("sizedFields", ()), elements)
        type_ = get_named_type(field.type)
        cost = _weight(field, type_) + self._points(field, directives, arguments)
        inner = [each for node in same if node.selection_set for each in node.selection_set.selections]
        return cost + (self.selections(type_, inner, sized) if isinstance(type_, GraphQLObjectType) else 0)

    def _points(self, field: GraphQLField, directives: Mapping[str, Any], arguments: Mapping[str, Any]) -> int:
        if "pointCost" not in directives:
            return 0
        of = directives["pointCost"]
        density: Mapping[str, int] = directives.get("points", {})
        if "argument" in of:
            enum: Any = get_named_type(field.args[of["argument"]].type)
            density = _directives(enum.values[arguments[of["argument"]]])["points"]
        hours, days = touched(arguments)
        points = hours * density.get("perHour", 0) + days * density.get("perDay", 0)
        times: int = arguments.get(of.get("times"), 1)
        return (points + int(of.get("least", 0))) * times

    def _fields(self, nodes: Sequence[SelectionNode]) -> Iterator[FieldNode]:
        for node in nodes:
            if isinstance(node, FieldNode):
                yield node
            else:
                fragment: Any = self.fragments[node.name.value] if hasattr(node, "name") else node
                yield from self._fields(fragment.selection_set.selections)

    def _value(self, node: Any) -> Any:
        return self.variables[node.name.value] if isinstance(node, VariableNode) else value_from_ast_untyped(node)

    def _is_given(self, node: Any) -> bool:
        return not isinstance(node, VariableNode) or node.name.value in self.variables


def touched(arguments: Mapping[str, Any]) -> tuple[int, int]:
    """The UTC hours and days that a window touches."""
    start, end = NOW.replace(hour=0, minute=0), NOW
    if last := arguments.get("last"):
        start = NOW - timedelta(**{{"h": "hours", "d": "days"}[last[-1]]: int(last[:-1])})
    if arguments.get("from"):
        start, end = (datetime.fromisoformat(arguments[edge]) for edge in ("from", "to"))
    first, after = floor(start.timestamp() / 3600), ceil(end.timestamp() / 3600)
    return after - first, ceil(after / 24) - floor(first / 24)


def _weight(field: GraphQLField, type_: GraphQLNamedType) -> int:
    """The field's own weight, else its type's, else 1 for objects and 0 for leaves."""
    for directives in (_directives(field), _directives(type_)):
        if "cost" in directives:
            return int(directives["cost"]["weight"])
    return int(isinstance(type_, GraphQLObjectType))


def _directives(part: Any) -> Mapping[str, Mapping[str, Any]]:
    nodes: Sequence[ConstDirectiveNode] = (part.ast_node and part.ast_node.directives) or ()
    return {
        node.name.value: {a.name.value: value_from_ast_untyped(a.value) for a in node.arguments or ()} for node in nodes
    }


def _default(node: Any) -> Any:
    return Undefined if node.default_value is None else value_from_ast_untyped(node.default_value)


def static_cost(schema: GraphQLSchema, text: str, variables: Mapping[str, Any]) -> int:
    document = parse(text)
    (operation,) = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    defaults = {
        each.variable.name.value: value_from_ast_untyped(each.default_value)
        for each in operation.variable_definitions or ()
        if each.default_value
    }
    assert schema.query_type is not None
    reading = StaticCost(schema, defaults | dict(variables), fragments)
    return reading.selections(schema.query_type, operation.selection_set.selections, {})


class Writer:
    """Writes a random valid document, with literals, variables, defaults, aliases and fragments."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.variables: dict[str, Any] = {}
        self.declared: list[str] = []
        self.fragments: list[str] = []

    def document(self) -> str:
        fields = [f"r{number}: {self.random.choice(ROOTS)(self)}" for number in range(self.random.randrange(1, 5))]
        body = self.maybe_fragment("Query", " ".join(fields))
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        return f"query Q{declared} {{ {body} }} {' '.join(self.fragments)}"

    def maybe_fragment(self, type_: str, body: str) -> str:
        match self.random.randrange(5):
            case 0:
                return f"... on {type_} {{ {body} }}"
            case 1 | 2:
                name = f"f{len(self.fragments)}"
                self.fragments.append(f"fragment {name} on {type_} {{ {body} }}")
                return f"...{name} " * self.random.choice([1, 2])
            case _:
                return body

    def value(self, type_: str, literal: str, value: Any) -> str:
        """The value as a literal, a variable, or the default of a variable."""
        how, name = self.random.randrange(3), f"v{len(self.declared)}"
        if how == 0:
            return literal
        self.declared.append(f"${name}: {type_}" + (f" = {literal}" if how == 1 else ""))
        if how == 2:
            self.variables[name] = value
        return f"${name}"

    def arguments(self, *given: str) -> str:
        present = [each for each in given if each]
        return f"({', '.join(present)})" if present else ""

    def window(self) -> str:
        match self.random.randrange(4):
            case 0:
                return ""
            case 1:
                last = self.random.choice(["1h", "24h", "7d", "90d"])
                return f"last: {self.value('String', json.dumps(last), last)}"
            case _:
                start = NOW - timedelta(minutes=self.random.randrange(1, 90 * 1440))
                end = start + timedelta(minutes=self.random.randrange(1, 60 * 1440))
                times = {"from": start.isoformat(), "to": end.isoformat()}
                return ", ".join(
                    f"{name}: {self.value('DateTime', json.dumps(time), time)}" for name, time in times.items()
                )

    def one_of(self, argument: str, type_: str, *names: str) -> str:
        chosen = self.random.choice(["", *names])
        return f"{argument}: {self.value(f'{type_}!', chosen, chosen)}" if chosen else ""

    def number(self, argument: str, most: int) -> str:
        number = self.random.choice([None, 1, self.random.randrange(1, most + 1)])
        return "" if number is None else f"{argument}: {self.value('Int!', str(number), number)}"

    def granularity(self) -> str:
        return self.one_of("granularity", "Granularity", "HOURLY", "DAILY")

    def page(self, name: str, type_: str, node: str, count: str = "totalCount") -> str:
        parts = self.random.sample([count, "pageInfo { endCursor }", "__typename"], self.random.randrange(3))
        parts += [f"e{number}: edges {{ cursor {node} }}" for number in range(self.random.randrange(3))] or [
            "__typename"
        ]
        return f"{name}{self.arguments(self.number('first', 1000))} {{ {self.maybe_fragment(type_, ' '.join(parts))} }}"

    def operators(self) -> str:
        performance = f"p: performance{self.arguments(self.window(), self.granularity())} {{ lowSample }}"
        return self.page("operators", "OperatorConnection", f"node {{ operatorId {performance} }}")

    def accounts(self) -> str:
        usage = f"usage{self.arguments(self.window())} {{ segments dailyBreakdown {{ date }} }}"
        return self.page("accounts", "AccountConnection", f"node {{ {self.maybe_fragment('Account', usage)} }}")

    def top(self) -> str:
        given = self.arguments(self.window(), self.number("limit", 100), self.granularity())
        inner = self.random.choice(["dataAsOf", "operators { operatorId series { time } }"])
        return f"topOperators{given} {{ {inner} }}"

    def throughput(self) -> str:
        names = ("ONE_MINUTE", "FIVE_MINUTES", "ONE_HOUR")
        given = self.arguments(self.window(), self.one_of("resolution", "Resolution", *names))
        return f"throughput{given} {{ series {{ time }} }}"

    def trend(self) -> str:
        by = self.one_of("granularity", "TrendGranularity", "DAILY", "MONTHLY")
        return f"trend{self.arguments(self.window(), by)} {{ dataAsOf }}"

    def query(self) -> str:
        time = '{last: "1d", granularity: "hour"}'
        condition = '{field: "lane", op: "eq", value: "OTP"}'
        literal = f'{{dataset: "dlr", measures: ["messages"], time: {time}, filter: {condition}}}'
        value = {"dataset": "dlr", "measures": ["messages"], "time": {"last": "1d"}}
        written = self.value("QueryInput!", literal, value)
        return f"query(input: {written}) {{ data page {{ endCursor }} meta {{ source }} }}"


ID = 'id: "a"'
ROOTS = [
    lambda w: (
        f"summary{w.arguments(w.window(), w.granularity())} {{ totalMessages window {{ from }} series {{ time }} }}"
    ),
    lambda w: f"operator{w.arguments(ID, w.window(), w.granularity())} {{ lowSample }}",
    lambda w: f"account{w.arguments(ID, w.window())} {{ segments }}",
    lambda w: f"deliveryBreakdown{w.arguments(w.window())} {{ byStatus {{ delivered }} byOperator {{ operatorId }} }}",
    Writer.trend,
    lambda w: f"mnoQuality{w.arguments(w.window())} {{ mnos {{ mno }} }}",
    lambda w: f"costQuality{w.arguments(w.window())} {{ mnos {{ days {{ date }} }} }}",
    lambda w: "freshness { projections { projection } }",
    lambda w: "catalog { granularities datasets { name } }",
    lambda w: w.page("reconciliation", "ReconciliationConnection", "node { day }", "__typename"),
    Writer.operators,
    Writer.accounts,
    Writer.top,
    Writer.throughput,
    Writer.query,
]


def test_the_sdl_alone_says_what_is_charged(seed: int) -> None:
    random = Random(seed)
    schema = build_schema((ROOT / "schema/graph.graphql").read_text())
    costs = set()
    for number in range(DOCUMENTS):
        writer = Writer(random)
        text = writer.document()
        executor = ProjectingExecutor.build(SCHEMA, parse(text), raw_variable_values=writer.variables)
        assert not isinstance(executor, list), (text, executor)
        charged = weigh(executor, NOW).cost
        assert static_cost(schema, text, writer.variables) == charged, (number, text, writer.variables)
        costs.add(charged)
    assert len(costs) > DOCUMENTS / 4


@pytest.mark.parametrize("name", ["cost", "listSize"])
def test_the_directives_are_those_of_the_specification(name: str) -> None:
    """Names, types and defaults of https://ibm.github.io/graphql-specs/cost-spec.html."""
    directive = build_schema((ROOT / "schema/graph.graphql").read_text()).get_directive(name)
    assert directive is not None
    arguments = {key: (str(each.type), _default(each.ast_node)) for key, each in directive.args.items()}
    assert arguments == SPECIFIED[name]


SPECIFIED: Mapping[str, Mapping[str, Any]] = {
    "cost": {"weight": ("String!", Undefined)},
    "listSize": {
        "assumedSize": ("Int", Undefined),
        "slicingArguments": ("[String!]", Undefined),
        "sizedFields": ("[String!]", Undefined),
        "requireOneSlicingArgument": ("Boolean", True),
    },
}
