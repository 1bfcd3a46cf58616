"""Checks the names of a query against its dataset, for whole queries and for the readable part of malformed ones."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from graph.dsl.ast import Condition, Order
from graph.dsl.comparisons import ComparisonChecker
from graph.dsl.problems import Problems
from schema.catalog.terms import Granularity

TIME = "time"


@dataclass(frozen=True, slots=True)
class QueryNames:
    """The names in a query; None in place of a malformed one."""

    measures: Sequence[str | None]
    dimensions: Sequence[str | None]
    granularity: Granularity | None
    order_by: Sequence[Order | None]
    filter: Condition | None
    having: Condition | None


def check_names(named: QueryNames, checker: ComparisonChecker) -> tuple[Condition | None, Condition | None]:
    """Returns the filter and the having with values for the engine. Adds all problems to `checker.problems`."""
    dataset, problems = checker.dataset, checker.problems
    measures = [measure.name for measure in dataset.measures]
    dimensions = {dimension.name: dimension for dimension in dataset.dimensions}
    _check_each("measures", named.measures, f"a measure of {dataset.name}", measures, problems)
    _check_each("dimensions", named.dimensions, f"a dimension of {dataset.name}", list(dimensions), problems)
    for index, name in enumerate(named.dimensions):
        if name in dimensions:
            checker.check_readable(f"$.dimensions[{index}]", dimensions[name])
    filtered = named.filter and checker.filter(named.filter)
    having = named.having and checker.having(named.having)
    _check_order(named, {TIME, *measures, *dimensions}, problems)
    return filtered, having


def groups(granularity: Granularity, dimensions: Iterable[str]) -> tuple[str, ...]:
    """The columns to group by: time first, unless there are no buckets."""
    return (() if granularity == "none" else (TIME,)) + tuple(dimensions)


def _check_each(
    member: str, names: Sequence[str | None], what: str, allowed: Sequence[str], problems: Problems
) -> None:
    """Adds a problem for each name that is not allowed or repeated."""
    for index, name in enumerate(names):
        path = f"$.{member}[{index}]"
        if name is not None and name not in allowed:
            problems.unknown(path, what, name, allowed)
        elif name is not None and name in names[:index]:
            problems.add(path, f"{name} is repeated.")


def _check_order(named: QueryNames, known: Set[str], problems: Problems) -> None:
    """Adds a problem for each sort column that is not a column of the answer, from which cursors are made.

    Skips the check when a malformed name or granularity leaves the answer's columns unknown.
    """
    names = (*named.dimensions, *named.measures)
    readable = [name for name in names if name is not None]
    if named.granularity is None or len(readable) < len(names):
        return
    allowed = [*groups(named.granularity, ()), *readable]
    fields = [order and order.field for order in named.order_by]
    for index, field in enumerate(fields):
        path = f"$.orderBy[{index}].field"
        if field is not None and field not in allowed:
            problems.unknown(path, "a column of this answer", field, [name for name in allowed if name in known])
        elif field is not None and field in fields[:index]:
            problems.add(path, f"{field} is repeated.")
