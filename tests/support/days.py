"""The stored daily rows of PostgreSQL, and the expected ones, added up in plain Python."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from infra.postgres import Connection
from tests.graph.support.store import Row, refunds
from tests.support.bins import binned

DayKey: TypeAlias = tuple[date, str, str]
CostKey: TypeAlias = tuple[date, str, str, str]


def daily(rows: Iterable[Row]) -> Mapping[DayKey, Mapping[str, Any]]:
    """The expected columns of metrics_daily, by key."""
    days: dict[DayKey, list[Row]] = defaultdict(list)
    for row in rows:
        days[row.hour.date(), row.scope, row.id].append(row)
    return {key: _columns(each) for key, each in days.items()}


def daily_costs(rows: Iterable[Row]) -> Mapping[CostKey, Decimal]:
    """The expected costs_daily, by key."""
    costs: dict[CostKey, Decimal] = defaultdict(Decimal)
    for row in rows:
        for currency, cost in row.costs.items():
            costs[row.hour.date(), row.scope, row.id, currency] += cost
    return dict(costs)


def _columns(rows: list[Row]) -> Mapping[str, Any]:
    samples = [sample for row in rows for sample in row.samples]
    return {
        "total_messages": sum(row.messages for row in rows),
        "delivered_messages": sum(row.delivered for row in rows),
        "failed_messages": sum(row.failed for row in rows),
        "pending_messages": sum(row.pending for row in rows),
        "refunded_messages": refunds(rows),
        "segments": sum(row.segments for row in rows),
        "total_cost": sum((row.cost for row in rows), Decimal(0)),
        "latency_sum_ms": sum(samples),
        "latency_sample_count": len(samples),
        "peak_tps": max(row.peak for row in rows),
        "latency_bins": list(binned(samples)),
        "latency_counts": list(binned(samples).values()),
    }


async def stored_daily(connection: Connection) -> Mapping[DayKey, Mapping[str, Any]]:
    """The stored metrics_daily, by key."""
    rows = await connection.fetch("select * from anlyt.metrics_daily")
    keys = ("day_bucket", "scope", "scope_id")
    return {
        (row["day_bucket"], row["scope"], row["scope_id"]): {
            name: value for name, value in row.items() if name not in (*keys, "updated_at")
        }
        for row in rows
    }


async def stored_daily_costs(connection: Connection) -> Mapping[CostKey, Decimal]:
    """The stored costs_daily, by key."""
    return {tuple(row)[:4]: row["total_cost"] for row in await connection.fetch("select * from anlyt.costs_daily")}
