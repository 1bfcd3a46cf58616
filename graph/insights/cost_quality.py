"""Computes the cost and the delivery rate of each MNO, by which finance allocates traffic."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from graph.access import platform
from graph.completeness import Completeness
from graph.insights.answers import CostQuality, CostQualityDay, MnoCostQuality
from graph.insights.queries import InsightQueries, query_time
from graph.reports.fields import Quality
from graph.reports.windows import Window, day_date
from schema.money import money, parse_money
from schema.rounding import half_up, ratio

DELIVERED: Final = "DELIVERED"
PENDING: Final = "PENDING"
_PAIR: Final = itemgetter("mno", "currency")
_DAY: Final = itemgetter("time")

Row = Mapping[str, Any]


class Sums(NamedTuple):
    """Sums over the records of one MNO and currency; `cost` in millionths."""

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
    """Returns cost and quality per MNO and currency.

    Raises ForbiddenError for customers, InvalidWindowError, and the errors of Queries.answer.
    """
    platform(queries.scope)
    result = await queries.all_rows(cost_query(window))
    horizon = Completeness(result.complete_until, datetime.now(UTC)).horizon(result.data_as_of)
    return CostQuality(
        window=window,
        mnos=costs(result.rows, window, horizon),
        data_as_of=result.data_as_of,
        complete_until=result.complete_until,
    )


def cost_query(window: Window) -> Mapping[str, object]:
    """Returns the typed query, grouped by status, so that rates and costs come from the same rows."""
    groups = ["mno", "currency"]
    return {
        "dataset": "cdr",
        "measures": ["records", "cost"],
        "dimensions": [*groups, "status"],
        "time": query_time(window, "day"),
        "orderBy": [{"field": field} for field in (*groups, "time", "status")],
    }


def costs(query_rows: Iterable[Row], window: Window, horizon: datetime | None) -> list[MnoCostQuality]:
    """Sums rows of `cost_query` per MNO and currency, over the window and by day; days after `horizon` are partial."""
    ordered = sorted(query_rows, key=lambda row: (*_PAIR(row), _DAY(row)))
    partial = partial_days(window)
    costs_by_pair = []
    for (mno, currency), group in groupby(ordered, _PAIR):
        rows = list(group)
        days = [_day(time, day_rows, partial, horizon) for time, day_rows in groupby(rows, _DAY)]
        costs_by_pair.append(MnoCostQuality(mno=mno, currency=currency, days=days, **_figures(summed(rows))))
    return costs_by_pair


def summed(rows: Iterable[Row]) -> Sums:
    """Sums rows of one MNO and currency over all statuses."""
    records = terminal = delivered = cost = 0
    for row in rows:
        records += row["records"]
        terminal += row["records"] * (row["status"] != PENDING)
        delivered += row["records"] * (row["status"] == DELIVERED)
        cost += parse_money(row["cost"])
    return Sums(records, terminal, delivered, cost)


def partial_days(window: Window) -> frozenset[date]:
    """The UTC days that the window covers only in part."""
    return frozenset(day_date(each.day) for each in window.slices if not each.is_whole_day)


def _day(time: str, rows: Iterable[Row], partial: frozenset[date], horizon: datetime | None) -> CostQualityDay:
    start = datetime.fromisoformat(time)
    whole = start.date() not in partial and horizon is not None and start + timedelta(days=1) <= horizon
    quality: Quality = "ACTUAL" if whole else "PARTIAL"
    return CostQualityDay(date=start.date(), quality=quality, **_figures(summed(rows)))


def _figures(sums: Sums) -> dict[str, Any]:
    """The fields that days and windows share."""
    return {
        "messages": sums.records,
        "delivered": sums.delivered,
        "delivery_rate": sums.delivery_rate,
        "cost": money(sums.cost),
        "cost_per_delivered": sums.cost_per_delivered,
    }
