"""What the names of a question stand for in statements: dimensions of rows, columns of answers, parts of measures."""

from collections.abc import Iterator, Sequence
from typing import Final

from graph.dsl.buckets import bucket
from graph.dsl.calendar import Shift
from graph.dsl.meaning import TIME
from graph.dsl.passes import fields
from graph.dsl.plan import Plan
from graph.dsl.predicates import Field
from graph.dsl.resolve import Question
from graph.dsl.scope import mno_seen
from schema.expressions import Call, Column, Expression, Name

# The engine's types of what a measure is computed as.
TYPES: Final = {"integer": "Int64", "rate": "Int64", "money": "Int128"}


def dimension(plan: Plan, name: str) -> Field:
    """A dimension of the table, as the scope may see it."""
    expression = plan.table.dimensions[name]
    if name == "mno":
        expression = mno_seen(plan.scope, expression)
    return Field(expression, "String", plan.question.dataset.dimension(name).nullable)


def key(plan: Plan, name: str, shift: Shift | None = None) -> Expression:
    """What rows are grouped by: a bucket of time, moved by a shift, or a dimension."""
    if name != TIME:
        return dimension(plan, name).expression
    question = plan.question
    return bucket(Column(plan.table.time), question.granularity, question.zone.key, shift)


def measure(question: Question, name: str) -> Field:
    """A measure, by its name where the answer has it."""
    known = question.dataset.measure(name)
    expression = Name(name) if known in question.measures else known.formula
    return Field(expression, TYPES[known.kind], known.nullable)


def column(question: Question, name: str) -> Field:
    """A column of the answer, by its name."""
    if name == TIME:
        return Field(Name(name), "Int64", nullable=False)
    if name in question.groups:
        return Field(Name(name), "String", question.dataset.dimension(name).nullable)
    return measure(question, name)


def parts(question: Question) -> Sequence[str]:
    """The parts that the measures are made of, each once."""
    having = [question.dataset.measure(name) for name in sorted(fields(question.having))]
    found = [name for each in (*question.measures, *having) for name in _names(each.formula)]
    return tuple(dict.fromkeys(name.removeprefix("part_") for name in found))


def _names(expression: Expression) -> Iterator[str]:
    match expression:
        case Name(name):
            yield name
        case Call():
            for argument in expression.arguments:
                yield from _names(argument)
