"""What each MNO costs, against how well it delivers: what finance allocates traffic by."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from graph.access import platform
from graph.insights.answers import CostQuality, CostQualityDay, MnoCostQuality
from graph.insights.queries import InsightQueries, time_of
from graph.reports.answers import Quality
from graph.reports.quality import Completeness
from graph.reports.windows import Window, day_date
from schema.money import money, parse_money
from schema.rounding import half_up, ratio

DELIVERED: Final = "DELIVERED"
PENDING: Final = "PENDING"
_PAIR: Final = itemgetter("mno", "currency")
_DAY: Final = itemgetter("time")

Row = Mapping[str, Any]


class Sums(NamedTuple):
    """Records of one MNO and currency; `cost` in millionths."""

    records: int
    terminal: int
    delivered: int
    cost: int

    @property
    def delivery_rate(self) -> float | None:
        return ratio(self.delivered, self.terminal)

    @property
    def cost_per_delivered(self) -> str | None:
        return money(half_up(self.cost, self.delivered)) if self.delivered else None


async def cost_quality(queries: InsightQueries, window: Window) -> CostQuality:
    """ForbiddenError for all but the platform's own callers; InvalidWindowError and the errors of Queries.answer."""
    platform(queries.scope)
    found = await queries.all_rows(cost_query(window))
    horizon = Completeness(found.complete_until, datetime.now(UTC)).horizon(found.data_as_of)
    return CostQuality(
        window=window,
        mnos=costs(found.rows, window, horizon),
        data_as_of=found.data_as_of,
        complete_until=found.complete_until,
    )


def cost_query(window: Window) -> Mapping[str, object]:
    """The typed query behind the answer: by status, so that rates and costs come from the same rows."""
    groups = ["mno", "currency"]
    return {
        "dataset": "cdr",
        "measures": ["records", "cost"],
        "dimensions": [*groups, "status"],
        "time": time_of(window, "day"),
        "orderBy": [{"field": field} for field in (*groups, "time", "status")],
    }


def costs(found: Iterable[Row], window: Window, horizon: datetime | None) -> list[MnoCostQuality]:
    """Rows of `cost_query` for each MNO and currency: the sums of days are the window's. Complete up to `horizon`."""
    ordered = sorted(found, key=lambda row: (*_PAIR(row), _DAY(row)))
    partial = partial_days(window)
    made = []
    for (mno, currency), rows in groupby(ordered, _PAIR):
        mine = list(rows)
        days = [_day(time, part, partial, horizon) for time, part in groupby(mine, _DAY)]
        made.append(MnoCostQuality(mno=mno, currency=currency, days=days, **_figures(summed(mine))))
    return made


def summed(rows: Iterable[Row]) -> Sums:
    """Rows of any statuses, of one MNO and currency."""
    records = terminal = delivered = cost = 0
    for row in rows:
        records += row["records"]
        terminal += row["records"] * (row["status"] != PENDING)
        delivered += row["records"] * (row["status"] == DELIVERED)
        cost += parse_money(row["cost"])
    return Sums(records, terminal, delivered, cost)


def partial_days(window: Window) -> frozenset[date]:
    """Days of which the window has only some hours."""
    return frozenset(day_date(piece.day) for piece in window.slices if not piece.is_whole_day)


def _day(time: str, rows: Iterable[Row], partial: frozenset[date], horizon: datetime | None) -> CostQualityDay:
    start = datetime.fromisoformat(time)
    whole = start.date() not in partial and horizon is not None and start + timedelta(days=1) <= horizon
    quality: Quality = "ACTUAL" if whole else "PARTIAL"
    return CostQualityDay(date=start.date(), quality=quality, **_figures(summed(rows)))


def _figures(sums: Sums) -> dict[str, Any]:
    """The members that a day and a window share."""
    return {
        "messages": sums.records,
        "delivered": sums.delivered,
        "delivery_rate": sums.delivery_rate,
        "cost": money(sums.cost),
        "cost_per_delivered": sums.cost_per_delivered,
    }
