"""Resolves a query: replaces names by entries of the catalogue, and checks names and values."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from graph.dsl.ast import Comparison, Condition, Query, Time
from graph.dsl.calendar import Window, most_buckets, previous_period, same_elapsed
from graph.dsl.comparisons import ComparisonChecker
from graph.dsl.name_checks import QueryNames, check_names, groups
from graph.dsl.passes import conjuncts, fields, simplified
from graph.dsl.problems import Problems
from graph.dsl.scope import QueryScope
from infra.zones import timezone
from schema.catalog import DATASETS
from schema.catalog.terms import Dataset, Dimension, Granularity, Measure

MOST_BUCKETS: Final = 100_000  # as many as rows: more could not be returned


@dataclass(frozen=True, slots=True)
class Sort:
    """A column of the answer to sort by. Null comes last in both directions."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class ResolvedQuery:
    """A valid query, with entries of the catalogue for names. `order` is total: it contains all grouping columns."""

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
    fill: bool

    @property
    def groups(self) -> tuple[str, ...]:
        """The columns to group by."""
        return groups(self.granularity, (dimension.name for dimension in self.dimensions))

    @property
    def windows(self) -> tuple[Window, ...]:
        """The window, then the previous one if the query compares."""
        return (self.window,) if self.previous is None else (self.window, self.previous)

    @property
    def computed(self) -> tuple[Measure, ...]:
        """The measures of the answer, then those of `having`."""
        return (*self.measures, *(self.dataset.measure(name) for name in sorted(fields(self.having))))

    @property
    def needs_one_currency(self) -> bool:
        """Whether it adds amounts without grouping by currency or filtering to one currency."""
        names = {measure.name for measure in self.measures} | fields(self.having)
        counts_money = any(measure.kind == "money" and measure.name in names for measure in self.dataset.measures)
        return counts_money and "currency" not in self.groups and not any(map(_is_one_currency, conjuncts(self.filter)))


def resolve(query: Query, scope: QueryScope) -> ResolvedQuery:
    """Looks up the names of a query and checks its values. Raises InvalidQueryError with all problems."""
    problems, dataset, time = Problems(), DATASETS[query.dataset], query.time
    named = QueryNames(query.measures, query.dimensions, time.granularity, query.order_by, query.filter, query.having)
    filtered, having = check_names(named, ComparisonChecker(dataset, scope, problems))
    window, zone = Window(time.from_, time.to), timezone(time.timezone)
    previous = _compared(query, window, zone, problems)
    if query.fill:
        _check_fill(time, window, problems)
    problems.check()
    return ResolvedQuery(
        dataset=dataset,
        measures=tuple(map(dataset.measure, query.measures)),
        dimensions=tuple(map(dataset.dimension, query.dimensions)),
        window=window,
        previous=previous,
        granularity=time.granularity,
        zone=zone,
        filter=filtered and simplified(filtered),
        having=having and simplified(having),
        order=_total_order(query),
        limit=query.limit,
        totals=query.totals,
        fill=query.fill,
    )


def _compared(query: Query, window: Window, zone: ZoneInfo, problems: Problems) -> Window | None:
    if query.compare_to is None:
        return None
    if query.compare_to == "previousPeriod":
        return previous_period(window, zone)
    previous = same_elapsed(window, zone)
    if previous is None:
        problems.add(
            "$.compareTo",
            "`sameElapsed` needs a window that begins a day, month, week or year of its timezone and lies within it; "
            "`previousPeriod` compares any window.",
            ["previousPeriod"],
        )
    return previous


def _check_fill(time: Time, window: Window, problems: Problems) -> None:
    """Adds a problem if there are no buckets to fill, or more than a query may have rows."""
    if time.granularity == "none":
        problems.add("$.fill", "Needs a granularity: without one, there are no buckets to fill.")
    elif most_buckets(window.to - window.from_, time.granularity) > MOST_BUCKETS:
        problems.add(
            "$.fill",
            f"Fills at most {MOST_BUCKETS:,} buckets; request a shorter window, or a coarser granularity than "
            f"{time.granularity}.",
        )


def _total_order(query: Query) -> tuple[Sort, ...]:
    """The sort columns of the query, then all other grouping columns, ascending."""
    stated = tuple(Sort(order.field, order.direction == "desc") for order in query.order_by)
    named = {sort.field for sort in stated}
    rest = [group for group in groups(query.time.granularity, query.dimensions) if group not in named]
    return (*stated, *(Sort(group, False) for group in rest))


def _is_one_currency(condition: Condition) -> bool:
    return isinstance(condition, Comparison) and (condition.field, condition.operator) == ("currency", "eq")
