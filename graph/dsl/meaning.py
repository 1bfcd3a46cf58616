"""What the names in a query mean to its dataset: asked of whole queries, and of what could be read of others."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from graph.dsl.ast import Condition, Order
from graph.dsl.comparing import Comparing
from graph.dsl.problems import Problems
from schema.catalog.terms import Granularity

TIME = "time"


@dataclass(frozen=True, slots=True)
class Named:
    """The names in a query; None stands for what could not be read."""

    measures: Sequence[str | None]
    dimensions: Sequence[str | None]
    granularity: Granularity | None
    order_by: Sequence[Order | None]
    filter: Condition | None
    having: Condition | None


def checked(named: Named, comparing: Comparing) -> tuple[Condition | None, Condition | None]:
    """Filter and having, with values as the engine has them; every problem goes to `comparing.problems`."""
    dataset, problems = comparing.dataset, comparing.problems
    measures = [measure.name for measure in dataset.measures]
    dimensions = {dimension.name: dimension for dimension in dataset.dimensions}
    _check_each("measures", named.measures, f"a measure of {dataset.name}", measures, problems)
    _check_each("dimensions", named.dimensions, f"a dimension of {dataset.name}", list(dimensions), problems)
    for index, name in enumerate(named.dimensions):
        if name in dimensions:
            comparing.readable(f"$.dimensions[{index}]", dimensions[name])
    filtered = named.filter and comparing.filter(named.filter)
    having = named.having and comparing.having(named.having)
    _check_order(named, {TIME, *measures, *dimensions}, problems)
    return filtered, having


def groups(granularity: Granularity, dimensions: Iterable[str]) -> tuple[str, ...]:
    """What is grouped by."""
    return (() if granularity == "none" else (TIME,)) + tuple(dimensions)


def _check_each(
    member: str, names: Sequence[str | None], what: str, allowed: Sequence[str], problems: Problems
) -> None:
    """Each is one of the allowed, once."""
    for index, name in enumerate(names):
        path = f"$.{member}[{index}]"
        if name is not None and name not in allowed:
            problems.unknown(path, what, name, allowed)
        elif name is not None and name in names[:index]:
            problems.add(path, f"{name} is there already.")


def _check_order(named: Named, known: Set[str], problems: Problems) -> None:
    """Only by what the answer has, as a cursor is made of its rows; not told of an answer that cannot be known."""
    names = (*named.dimensions, *named.measures)
    asked = [name for name in names if name is not None]
    if named.granularity is None or len(asked) < len(names):
        return
    allowed = [*groups(named.granularity, ()), *asked]
    fields = [order and order.field for order in named.order_by]
    for index, field in enumerate(fields):
        path = f"$.orderBy[{index}].field"
        if field is not None and field not in allowed:
            problems.unknown(path, "a column of this answer", field, [name for name in allowed if name in known])
        elif field is not None and field in fields[:index]:
            problems.add(path, f"{field} is there already.")
