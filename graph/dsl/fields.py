"""The expressions behind a query's names: dimensions of rows, columns of answers, and parts of measures."""

from collections.abc import Sequence
from typing import Final

from graph.dsl.buckets import bucket
from graph.dsl.calendar import Shift
from graph.dsl.name_checks import TIME
from graph.dsl.plan import Plan
from graph.dsl.predicates import Field
from graph.dsl.resolve import ResolvedQuery
from graph.dsl.scope import readable_mno
from schema.expressions import Column, Expression, Name

# Kind of a measure -> type of its values in the engine.
TYPES: Final = {"integer": "Int64", "rate": "Int64", "money": "Int128"}


def dimension(plan: Plan, name: str) -> Field:
    """A dimension of the table; the MNO appears under the name that the scope may read."""
    expression = plan.table.dimensions[name]
    if name == "mno":
        expression = readable_mno(plan.scope, expression)
    return Field(expression, "String", plan.query.dataset.dimension(name).nullable)


def key(plan: Plan, name: str, shift: Shift | None = None) -> Expression:
    """The expression to group by: a time bucket, moved by a shift, or a dimension."""
    if name != TIME:
        return dimension(plan, name).expression
    query = plan.query
    return bucket(Column(plan.table.time), query.granularity, query.zone.key, shift)


def measure(query: ResolvedQuery, name: str) -> Field:
    """A measure: its column if the answer has it, otherwise its formula."""
    known = query.dataset.measure(name)
    expression = Name(name) if known in query.measures else known.formula
    return Field(expression, TYPES[known.kind], known.nullable)


def column(query: ResolvedQuery, name: str) -> Field:
    """A column of the answer."""
    if name == TIME:
        return Field(Name(name), "Int64", nullable=False)
    if name in query.groups:
        return Field(Name(name), "String", query.dataset.dimension(name).nullable)
    return measure(query, name)


def parts(query: ResolvedQuery) -> Sequence[str]:
    """The distinct parts from which the measures are computed."""
    return tuple(dict.fromkeys(name for each in query.computed for name in each.parts))
