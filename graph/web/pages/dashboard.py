"""`/dashboard`: the whole platform now and against the period before, its operators, and its live throughput."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from graph.reports.answers import DeliveryBreakdown, OperatorPerformance, Summary, TopOperators
from graph.reports.breakdown import delivery_breakdown
from graph.reports.operators import DEFAULT_OPERATORS, top_operators
from graph.reports.summary import summary
from graph.reports.windows import Granularity
from graph.web.charts import COUNT, Ranked, RankingChart, TimeChart, reading
from graph.web.live import LIVE
from graph.web.page import ADMIN, Page, PageRequest
from graph.web.panel import Panel
from graph.web.series import granularity_of, messages_chart, outcomes_chart, rate_chart
from graph.web.window import PageWindow

LISTED: Final = 25  # operators of the breakdown; the API has all


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`now` and `before`: what `summary` answers for the window, and for the one of equal length before it.

    `currency`: the reporting currency.
    """

    window: PageWindow
    currency: str
    now: Panel[Summary]
    before: Panel[Summary]
    top: Panel[TopOperators]
    breakdown: Panel[DeliveryBreakdown]

    @property
    def granularity(self) -> Granularity:
        """The length of a point in the series, as the API names it."""
        return granularity_of(self.window)

    @property
    def charts(self) -> tuple[TimeChart, TimeChart]:
        """The messages by outcome, and the delivery rate."""
        points = self.now.answer.series if self.now.answer else ()
        before = self.before.answer.series if self.before.answer else ()
        return (
            outcomes_chart("messages-over-time", points, self.window),
            rate_chart("rate-over-time", points, before, self.window),
        )

    @property
    def busiest(self) -> Sequence[tuple[OperatorPerformance, TimeChart]]:
        """The top operators, each with its messages over time."""
        found = self.top.answer.operators if self.top.answer else ()
        return [
            (each, messages_chart(f"spark-{number}", each.operator_id, each.series, self.window))
            for number, each in enumerate(found, start=1)
        ]

    @property
    def by_status(self) -> RankingChart:
        """The messages by delivery status."""
        statuses = self.breakdown.answer.by_status if self.breakdown.answer else None
        names = ("delivered", "failed", "pending")
        items = [Ranked(name, reading(getattr(statuses, name))) for name in names] if statuses else []
        return RankingChart("messages-by-status", "Messages by delivery status", "Status", COUNT, items)

    @property
    def listed(self) -> int:
        """How many operators the breakdown shows at most."""
        return LISTED


async def load(request: PageRequest) -> Dashboard:
    """Loads the four panels. Raises ForbiddenError for all callers but the platform's."""
    reader, scope, window = request.sources.reader, request.scope, request.window
    granularity = granularity_of(window)
    now, before, top, breakdown = await asyncio.gather(
        request.panel(summary(reader, scope, window.window, granularity)),
        request.panel(summary(reader, scope, window.previous, granularity)),
        request.panel(top_operators(reader, scope, window.window, granularity, DEFAULT_OPERATORS)),
        request.panel(delivery_breakdown(reader, scope, window.window)),
    )
    return Dashboard(window, reader.currency, now, before, top, breakdown)


DASHBOARD: Final = Page(
    path="/dashboard",
    name="dashboard",
    title="Dashboard",
    about="Messages, delivery and cost of the whole platform, live and against the period before.",
    readers=ADMIN,
    load=load,
    default_window={"last": "24h"},
    parts=(LIVE,),
    is_of_reports=True,
)
