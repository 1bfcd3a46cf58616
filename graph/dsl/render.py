"""Renders statements as SQL for ClickHouse. Only this module makes SQL text; it writes the tenant predicate.

Names in the text come from the catalogue. Values of the request and the caller are bound as parameters.
"""

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

from graph.dsl.scope import tenant_predicate
from graph.dsl.select import Join, Read, Select, Source, Union
from schema.expressions import Bound, Call, Column, Constant, Expression, Lambda, Name, Sql

# Function -> its infix operator and that operator's precedence.
INFIX: Final[Mapping[str, tuple[str, int]]] = {
    "or": ("or", 1),
    "and": ("and", 2),
    **{name: (operator, 3) for name, operator in (("equals", "="), ("notEquals", "!="), ("in", "in"))},
    **{name: (operator, 3) for name, operator in (("greater", ">"), ("greaterOrEquals", ">="))},
    **{name: (operator, 3) for name, operator in (("less", "<"), ("lessOrEquals", "<="))},
    **{name: (operator, 4) for name, operator in (("plus", "+"), ("minus", "-"))},
    **{name: (operator, 5) for name, operator in (("multiply", "*"), ("modulo", "%"))},
}
INDENT: Final = "    "


def render(select: Select) -> tuple[str, Mapping[str, object]]:
    """Returns the SQL and its parameters. A parameter without a name is named by its index: p1, p2, ..."""
    printer = _Printer()
    text = printer.select(select, "")
    return text, printer.parameters


class _Printer:
    """Renders one statement, and collects its parameters."""

    def __init__(self) -> None:
        self.parameters: dict[str, object] = {}
        self._names: dict[Bound, str] = {}

    def select(self, select: Select, indent: str) -> str:
        clauses = [
            self._list(
                "select", [f"{self.expression(each)} as {name}" for name, each in select.columns.items()], indent
            ),
            f"{indent}from {self._source(select.source, indent)}",
            *self._where(select, indent),
            *([self._list("group by", select.group_by, indent)] if select.group_by else []),
        ]
        if select.order_by:
            keys = [f"{sort.field} {'desc' if sort.descending else 'asc'} nulls last" for sort in select.order_by]
            clauses.append(self._list("order by", keys, indent))
        if select.limit is not None:
            clauses.append(f"{indent}limit {self.expression(select.limit)}")
        return "\n".join(clauses)

    def _source(self, source: Source, indent: str) -> str:
        match source:
            case Read():
                unnested = [source.table.unnested[name] for name in source.unnested]
                arrays = [f"{self.expression(each.array)} as {each.element.name}" for each in unnested]
                unnest = f"\n{indent}array join {', '.join(arrays)}" if arrays else ""
                final = " final" if source.final else ""
                return f"anlyt.{source.table.name} as rows{final}{unnest}"
            case Union():
                branches = [self.select(each, indent + INDENT) for each in source.branches]
                text = f"\n{indent}{INDENT}union all\n".join(branches)
                return f"(\n{text}\n{indent}) as rows"
            case Select():
                return f"(\n{self.select(source, indent + INDENT)}\n{indent})"
            case Join():
                left, right = self._source(source.left, indent), self._source(source.right, indent)
                how, on = ("left join", f" on {_matching(source.keys)}") if source.keys else ("cross join", "")
                return f"{left} as page\n{indent}{how} {right} as previous{on}"
            case _:
                assert_never(source)

    def _where(self, select: Select, indent: str) -> Sequence[str]:
        """The conditions; for a table, the tenant predicate comes first."""
        first = (tenant_predicate(select.source.scope),) if isinstance(select.source, Read) else ()
        conditions = [self._operand(each, "and") for each in (*first, *select.where)]
        return [f"{indent}where " + f"\n{indent}{INDENT}and ".join(conditions)] if conditions else []

    def _list(self, keyword: str, items: Sequence[str], indent: str) -> str:
        separator = f",\n{indent}{INDENT}"
        return f"{indent}{keyword}\n{indent}{INDENT}{separator.join(items)}"

    def expression(self, expression: Expression) -> str:
        """Renders an expression."""
        match expression:
            case Column(name):
                return f"rows.{name}"
            case Name(name):
                return name
            case Constant(value):
                return _literal(value)
            case Sql(text):
                return text
            case Bound():
                return self._bound(expression)
            case Lambda(parameter, body):
                return f"{parameter} -> {self.expression(body)}"
            case Call():
                return self._call(expression)
            case _:
                assert_never(expression)

    def _bound(self, bound: Bound) -> str:
        """Renders a bound value; equal values share one parameter."""
        if bound not in self._names:
            self._names[bound] = bound.name or f"p{len(self._names)}"
            self.parameters[self._names[bound]] = list(bound.value) if isinstance(bound.value, tuple) else bound.value
        return f"{{{self._names[bound]}:{bound.type}}}"

    def _operand(self, expression: Expression, outer: str) -> str:
        """Renders an operand of an operator, in parentheses where needed; also `and` within `or`, for readability."""
        text = self.expression(expression)
        if not isinstance(expression, Call) or expression.function not in INFIX:
            return text
        looser = INFIX[expression.function][1] <= INFIX[outer][1]
        return f"({text})" if looser or (outer, expression.function) == ("or", "and") else text

    def _call(self, call: Call) -> str:
        if call.function in INFIX:
            operands = [self._operand(each, call.function) for each in call.arguments]
            return f" {INFIX[call.function][0]} ".join(operands)
        arguments = [self.expression(each) for each in call.arguments]
        name = "" if call.function == "tuple" else call.function
        parameters = f"({', '.join(map(self.expression, call.parameters))})" if call.parameters else ""
        return f"{name}{parameters}({', '.join(arguments)})"


def _matching(keys: Sequence[str]) -> str:
    return " and ".join(f"page.{key} <=> previous.{key}" for key in keys)


def _literal(value: str | int | float | None) -> str:
    """Renders a constant of the code. Raises ValueError for one that needs escapes."""
    if value is None:
        return "null"
    if isinstance(value, str):
        if not value.isprintable() or set(value) & {"'", "\\"}:
            raise ValueError(f"the constant {value!r} needs escapes")
        return f"'{value}'"
    return repr(value)
