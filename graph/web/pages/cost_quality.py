"""`/insights/cost-quality`: what a delivered message costs with each network, and how many are delivered."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from graph.access import ID_PATTERN
from graph.http.parameters import Parameter, read_id
from graph.insights.answers import CostQuality, MnoCostQuality
from graph.insights.cost_quality import cost_quality
from graph.web.charts import Bubble, ScatterChart, TrailDay, qualities_of
from graph.web.page import PLATFORM, Page, PageRequest
from graph.web.panel import Panel

TRAIL: Final = Parameter(
    "trail", {"type": "string", "pattern": ID_PATTERN}, "The network whose days the plot connects."
)


@dataclass(frozen=True, slots=True)
class CostQualityPage:
    """`now` and `before`: what `costQuality` answers for the window, and for the one of equal length before it.

    `trail`: the network whose days the plot shows; None: of no network.
    """

    trail: str | None
    now: Panel[CostQuality]
    before: Panel[CostQuality]

    def before_of(self, row: MnoCostQuality) -> MnoCostQuality | None:
        """The same network and currency in the period before; None if it had no records then, or is not known."""
        known = self.before.answer.mnos if self.before.answer else ()
        return next((each for each in known if (each.mno, each.currency) == (row.mno, row.currency)), None)

    @property
    def plot(self) -> ScatterChart:
        """A bubble per network and currency."""
        rows = self.now.answer.mnos if self.now.answer else ()
        return ScatterChart(
            id="cost-and-delivery",
            title="Cost per delivered message and delivery rate",
            subject="Network",
            x_title="Cost per delivered message",
            y_title="Delivery rate",
            volume_title="Records",
            bubbles=[self._bubble(row) for row in rows],
        )

    def _bubble(self, row: MnoCostQuality) -> Bubble:
        return Bubble(
            name=row.mno,
            currency=row.currency,
            x=_decimal(row.cost_per_delivered),
            y=_decimal(row.delivery_rate),
            volume=row.messages,
            trail=list(_trail(row)) if row.mno == self.trail else (),
        )


def _trail(row: MnoCostQuality) -> Iterator[TrailDay]:
    for day in row.days:
        yield TrailDay(
            day.date, _decimal(day.cost_per_delivered), _decimal(day.delivery_rate), qualities_of(day.quality)
        )


def _decimal(value: str | float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


async def load(request: PageRequest) -> CostQualityPage:
    """Loads both windows at the same time. Raises ForbiddenError for customers."""
    queries, window = request.insight_queries, request.window
    now, before = await asyncio.gather(
        *[request.panel(cost_quality(queries, each)) for each in (window.window, window.previous)]
    )
    return CostQualityPage(read_id(TRAIL, request.form.values), now, before)


COST_QUALITY: Final = Page(
    path="/insights/cost-quality",
    name="costQuality",
    title="Cost and quality",
    about="What a delivered message costs with each network, and how many are delivered.",
    readers=PLATFORM,
    load=load,
    default_window={"last": "30d"},
    parameters=(TRAIL,),
)
