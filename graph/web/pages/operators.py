"""`/operators/{id}`: one operator now and against the period before, over time, and its cost."""

import asyncio
from dataclasses import dataclass
from typing import Final

from graph.access import checked_id
from graph.reports.answers import OperatorPerformance
from graph.reports.operators import operator_performance
from graph.reports.windows import Granularity
from graph.web.charts import TimeChart
from graph.web.page import PLATFORM, Page, PageRequest
from graph.web.panel import Panel
from graph.web.series import granularity_of, latency_chart, outcomes_chart, rate_chart
from graph.web.window import PageWindow


@dataclass(frozen=True, slots=True)
class OperatorPage:
    """`now` and `before`: what `operatorPerformance` answers for the window, and for the one of equal length before."""

    operator_id: str
    window: PageWindow
    now: Panel[OperatorPerformance]
    before: Panel[OperatorPerformance]

    @property
    def granularity(self) -> Granularity:
        """The length of a point in the series, as the API names it."""
        return granularity_of(self.window)

    @property
    def charts(self) -> tuple[TimeChart, TimeChart, TimeChart]:
        """The messages by outcome, the delivery rate, and the latency."""
        points = self.now.answer.series if self.now.answer else ()
        before = self.before.answer.series if self.before.answer else ()
        return (
            outcomes_chart("messages-over-time", points, self.window),
            rate_chart("rate-over-time", points, before, self.window),
            latency_chart("latency-over-time", points, before, self.window),
        )


async def load(request: PageRequest) -> OperatorPage:
    """Loads both windows. Raises NotFoundError when nothing was ever counted for the operator; InvalidQueryError."""
    reader, scope, window = request.sources.reader, request.scope, request.window
    operator_id = checked_id("id", request.path["id"])
    now, before = await asyncio.gather(
        *[
            request.panel(operator_performance(reader, scope, operator_id, each, granularity_of(window)))
            for each in (window.window, window.previous)
        ]
    )
    return OperatorPage(operator_id, window, now, before)


OPERATOR: Final = Page(
    path="/operators/{id}",
    name="operator",
    title="Operator",
    about="The messages, delivery, latency and cost of one operator, against the period before.",
    readers=PLATFORM,
    load=load,
    default_window={"last": "24h"},
    is_listed=False,
    is_of_reports=True,
)
