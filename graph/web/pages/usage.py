"""`/usage` and `/accounts/{id}`: the messages of one account, their delivery and their cost, by day."""

import asyncio
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

from starlette.responses import Response

from graph.access import AccountScope, checked_id
from graph.errors import ForbiddenError
from graph.reports.account import account_usage
from graph.reports.answers import AccountUsage, UsageDay
from graph.web.charts import Bucket, Series, TimeChart, Tone, limited_reading, money_in, qualities_of
from graph.web.charts.units import COUNT, Unit
from graph.web.charts.values import Reading
from graph.web.page import CUSTOMER, PLATFORM, Page, PageRequest, Part
from graph.web.panel import Panel
from infra.zones import timezone

CSV: Final = "text/csv"
# The columns of the download: fields of a day, as the API names them.
COLUMNS: Final = ("date", "sent", "delivered", "failed", "segments", "cost", "currency", "quality")


@dataclass(frozen=True, slots=True)
class UsagePage:
    """`now` and `before`: what `accountUsage` answers for the window, and for the one of equal length before it.

    `currency`: the reporting currency, of costs by day.
    """

    account_id: str
    currency: str
    now: Panel[AccountUsage]
    before: Panel[AccountUsage]

    @property
    def messages(self) -> TimeChart:
        """The reports of each day by outcome."""
        parts = [
            ("delivered", Tone.DELIVERED, [_count(day, day.delivered) for day in self._days]),
            ("failed", Tone.FAILED, [_count(day, day.failed) for day in self._days]),
        ]
        series = [Series(name, readings, tone=tone) for name, tone, readings in parts]
        return self._chart("reports-by-day", "Delivery reports by day (UTC)", COUNT, series)

    @property
    def spend(self) -> TimeChart:
        """The cost of each day."""
        readings = [limited_reading(day.cost, qualities_of(day.quality)) for day in self._days]
        unit = money_in(self.currency)
        return self._chart("cost-by-day", "Cost by day (UTC)", unit, [Series("cost", readings)])

    @property
    def _days(self) -> Sequence[UsageDay]:
        return self.now.answer.daily_breakdown if self.now.answer else ()

    def _chart(self, identifier: str, title: str, unit: Unit, series: Sequence[Series]) -> TimeChart:
        times = [datetime.combine(day.date, time(), UTC) for day in self._days]
        return TimeChart(identifier, title, unit, Bucket.DAY, timezone("UTC"), times, series)


def _count(day: UsageDay, value: int) -> Reading:
    return limited_reading(value, qualities_of(day.quality))


def account_of(request: PageRequest) -> str:
    """The account of the path; of `/usage`, the caller's own. Raises ForbiddenError for a caller without one."""
    if "id" in request.path:
        return checked_id("id", request.path["id"])
    account_id = request.scope.account_id if isinstance(request.scope, AccountScope) else None
    if account_id is None:
        raise ForbiddenError("The caller has no account.")
    return account_id


async def load(request: PageRequest) -> UsagePage:
    """Loads both windows at the same time. Raises ForbiddenError, ForbiddenAccountError, InvalidQueryError."""
    reader, account_id = request.sources.reader, account_of(request)
    windows = (request.window.window, request.window.previous)
    now, before = await asyncio.gather(
        *[request.panel(account_usage(reader, request.scope, account_id, each)) for each in windows]
    )
    return UsagePage(account_id, reader.currency, now, before)


async def download(request: PageRequest) -> Response:
    """The days of the window as CSV (RFC 4180). Raises the errors of `account_usage`."""
    reader, account_id = request.sources.reader, account_of(request)
    usage = await account_usage(reader, request.scope, account_id, request.window.window)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for day in usage.daily_breakdown:
        rows.writerow(
            [day.date, day.sent, day.delivered, day.failed, day.segments, day.cost, reader.currency, day.quality]
        )
    name = f"usage-{account_id}.csv".replace(":", "-")
    return Response(text.getvalue(), media_type=CSV, headers={"Content-Disposition": f'attachment; filename="{name}"'})


_DOWNLOAD: Final = (Part("/days.csv", CSV, download),)
_WINDOW: Final = {"last": "30d"}

USAGE: Final = Page(
    path="/usage",
    name="usage",
    title="Usage",
    about="What your account sent, what was delivered, and what it cost, day by day.",
    readers=CUSTOMER,
    load=load,
    default_window=_WINDOW,
    parts=_DOWNLOAD,
    is_of_reports=True,
)
ACCOUNT: Final = Page(
    path="/accounts/{id}",
    name="account",
    title="Account",
    about="What one account sent, what was delivered, and what it cost, day by day.",
    readers=PLATFORM,
    load=load,
    default_window=_WINDOW,
    parts=_DOWNLOAD,
    is_listed=False,
    is_of_reports=True,
)
