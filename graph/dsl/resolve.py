"""Query -> Question: names become what the catalogue has under them, and everything is checked that needs it."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from graph.dsl.ast import Comparison, Condition, Query
from graph.dsl.calendar import Window, previous_period, same_elapsed
from graph.dsl.comparing import Comparing
from graph.dsl.meaning import Named, checked, groups
from graph.dsl.passes import conjuncts, fields, simplified
from graph.dsl.problems import Problems
from graph.dsl.scope import QueryScope
from infra.zones import timezone
from schema.catalog import DATASETS
from schema.catalog.terms import Dataset, Dimension, Granularity, Measure


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
        return groups(self.granularity, (dimension.name for dimension in self.dimensions))

    @property
    def computed(self) -> tuple[Measure, ...]:
        """The measures asked for, then those of `having`."""
        return (*self.measures, *(self.dataset.measure(name) for name in sorted(fields(self.having))))

    @property
    def needs_one_currency(self) -> bool:
        """Whether it adds up money that is neither grouped by nor filtered to one currency."""
        names = {measure.name for measure in self.measures} | fields(self.having)
        counts_money = any(measure.kind == "money" and measure.name in names for measure in self.dataset.measures)
        return counts_money and "currency" not in self.groups and not any(map(_is_one_currency, conjuncts(self.filter)))


def resolve(query: Query, scope: QueryScope) -> Question:
    """InvalidQueryError with every problem of the meaning."""
    problems, dataset, time = Problems(), DATASETS[query.dataset], query.time
    named = Named(query.measures, query.dimensions, time.granularity, query.order_by, query.filter, query.having)
    filtered, having = checked(named, Comparing(dataset, scope, problems))
    window, zone = Window(time.from_, time.to), timezone(time.timezone)
    previous = _compared(query, window, zone, problems)
    problems.check()
    return Question(
        dataset=dataset,
        measures=tuple(map(dataset.measure, query.measures)),
        dimensions=tuple(map(dataset.dimension, query.dimensions)),
        window=window,
        previous=previous,
        granularity=time.granularity,
        zone=zone,
        filter=filtered and simplified(filtered),
        having=having and simplified(having),
        order=_whole_order(query),
        limit=query.limit,
        totals=query.totals,
    )


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
    rest = [group for group in groups(query.time.granularity, query.dimensions) if group not in named]
    return (*asked, *(Sort(group, False) for group in rest))


def _is_one_currency(condition: Condition) -> bool:
    return isinstance(condition, Comparison) and (condition.field, condition.operator) == ("currency", "eq")
