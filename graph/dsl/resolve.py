"""Query -> Question: names become what the catalogue has under them, and everything is checked that needs it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from graph.dsl.ast import Comparison, Condition, Query
from graph.dsl.calendar import TIMEZONES, Window, previous_period, same_elapsed
from graph.dsl.comparing import Comparing
from graph.dsl.passes import conjuncts, fields, simplified
from graph.dsl.problems import Problems
from graph.dsl.scope import QueryScope
from schema.catalog import DATASETS
from schema.catalog.terms import Dataset, Dimension, Granularity, Measure

TIME: Final = "time"


@dataclass(frozen=True, slots=True)
class Sort:
    """By a column of the answer. Null comes last in either direction."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A query that means something. `order` has every column that is grouped by: no two rows are equal in it."""

    dataset: Dataset
    measures: tuple[Measure, ...]
    dimensions: tuple[Dimension, ...]
    window: Window
    previous: Window | None
    granularity: Granularity
    zone: ZoneInfo
    filter: Condition | None
    having: Condition | None
    order: tuple[Sort, ...]
    limit: int
    totals: bool

    @property
    def groups(self) -> tuple[str, ...]:
        """What is grouped by."""
        return _groups(self.granularity, (dimension.name for dimension in self.dimensions))

    @property
    def needs_one_currency(self) -> bool:
        """Whether it adds up money that is neither grouped by nor filtered to one currency."""
        names = {measure.name for measure in self.measures} | fields(self.having)
        counts_money = any(measure.kind == "money" and measure.name in names for measure in self.dataset.measures)
        return counts_money and "currency" not in self.groups and not any(map(_is_one_currency, conjuncts(self.filter)))


def resolve(query: Query, scope: QueryScope) -> Question:
    """InvalidQueryError with every problem of the meaning."""
    problems = Problems()
    if query.dataset not in DATASETS:
        problems.unknown("$.dataset", "a dataset", query.dataset, DATASETS)
    zone = _zone(query.time.timezone, problems)
    problems.check()
    dataset = DATASETS[query.dataset]
    comparing = Comparing(dataset, scope, problems)
    _check_names(query, dataset, comparing)
    window = Window(query.time.from_, query.time.to)
    previous = _compared(query, window, zone, problems)
    filtered = query.filter and comparing.filter(query.filter)
    having = query.having and comparing.having(query.having)
    _check_order(query, problems)
    problems.check()
    return Question(
        dataset=dataset,
        measures=tuple(map(dataset.measure, query.measures)),
        dimensions=tuple(map(dataset.dimension, query.dimensions)),
        window=window,
        previous=previous,
        granularity=query.time.granularity,
        zone=zone,
        filter=filtered and simplified(filtered),
        having=having and simplified(having),
        order=_whole_order(query),
        limit=query.limit,
        totals=query.totals,
    )


def _zone(name: str, problems: Problems) -> ZoneInfo:
    if name in TIMEZONES:
        return ZoneInfo(name)
    problems.unknown("$.time.timezone", "an IANA timezone", name, sorted(TIMEZONES))
    return ZoneInfo("UTC")


def _check_names(query: Query, dataset: Dataset, comparing: Comparing) -> None:
    problems = comparing.problems
    dimensions = {dimension.name: dimension for dimension in dataset.dimensions}
    _check_each(
        "measures", query.measures, f"a measure of {dataset.name}", [each.name for each in dataset.measures], problems
    )
    _check_each("dimensions", query.dimensions, f"a dimension of {dataset.name}", dimensions, problems)
    for index, name in enumerate(query.dimensions):
        if name in dimensions:
            comparing.readable(f"$.dimensions[{index}]", dimensions[name])


def _check_each(member: str, names: Sequence[str], what: str, allowed: Iterable[str], problems: Problems) -> None:
    """Each is one of the allowed, once."""
    known = tuple(allowed)
    for index, name in enumerate(names):
        path = f"$.{member}[{index}]"
        if name not in known:
            problems.unknown(path, what, name, known)
        elif name in names[:index]:
            problems.add(path, f"{name} is there already.")


def _check_order(query: Query, problems: Problems) -> None:
    """Only by what the answer has: a cursor is made of its rows."""
    asked = (*_groups(query.time.granularity, query.dimensions), *query.measures)
    for index, order in enumerate(query.order_by):
        path = f"$.orderBy[{index}].field"
        if order.field not in asked:
            problems.unknown(path, "a column of this answer", order.field, asked)
        elif order.field in [each.field for each in query.order_by[:index]]:
            problems.add(path, f"{order.field} is there already.")


def _compared(query: Query, window: Window, zone: ZoneInfo, problems: Problems) -> Window | None:
    if query.compare_to is None:
        return None
    if query.compare_to == "previousPeriod":
        return previous_period(window, zone)
    found = same_elapsed(window, zone)
    if found is None:
        problems.add(
            "$.compareTo",
            "`sameElapsed` needs a window that begins a day, month, week or year of its timezone and lies within it; "
            "`previousPeriod` compares any window.",
            ["previousPeriod"],
        )
    return found


def _whole_order(query: Query) -> tuple[Sort, ...]:
    """As asked, then by what else is grouped by, upward."""
    asked = tuple(Sort(order.field, order.direction == "desc") for order in query.order_by)
    named = {sort.field for sort in asked}
    groups = _groups(query.time.granularity, query.dimensions)
    return (*asked, *(Sort(group, False) for group in groups if group not in named))


def _groups(granularity: Granularity, dimensions: Iterable[str]) -> tuple[str, ...]:
    return (() if granularity == "none" else (TIME,)) + tuple(dimensions)


def _is_one_currency(condition: Condition) -> bool:
    return isinstance(condition, Comparison) and (condition.field, condition.operator) == ("currency", "eq")
