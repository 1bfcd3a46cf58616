"""Fills the tables of hourly metrics as ingest does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from infra.postgres import Connection
from tests.support.bins import binned

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_COLUMNS = (
    "hour_bucket, scope, scope_id, total_messages, delivered_messages, failed_messages, segments, total_cost, "
    "latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts, pending_messages, refunded_messages"
)

# Makes every report fail with an internal error, and undoes that.
BREAK = """
alter table anlyt.data_as_of rename to kept;
create view anlyt.data_as_of as select (1 / (random() * 0)::int)::text::timestamptz as newest_event_at;
"""
REPAIR = "drop view anlyt.data_as_of; alter table anlyt.kept rename to data_as_of"


@dataclass(frozen=True)
class Row:
    """One hour of one scope: `samples` are all latencies, `costs` those in other currencies."""

    hour: datetime
    scope: str
    id: str
    messages: int = 0
    delivered: int = 0
    failed: int = 0
    segments: int = 0
    cost: Decimal = Decimal(0)
    peak: int = 0
    samples: Sequence[int] = ()
    costs: Mapping[str, Decimal] = field(default_factory=dict)
    pending: int = 0
    refunded: int | None = 0  # None: counted before refunds were counted separately


class Store:
    """Writes rows and the marks that ingest leaves, in one transaction per call."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def empty(self) -> None:
        tables = "metrics_hourly, costs_hourly, accounts, active_days, event_days, data_as_of"
        await self.connection.execute(f"truncate {', '.join(f'anlyt.{each}' for each in tables.split(', '))}")

    async def put(self, rows: Iterable[Row], as_of: datetime | None = None, *, marked: bool = True) -> None:
        """Upserts rows. If not `marked`, it bypasses the triggers and leaves no marks."""
        rows = list(rows)
        async with self.connection.transaction():
            if not marked:
                await self.connection.execute("set local session_replication_role = replica")
            await self._make_room({row.hour for row in rows})
            await self.connection.executemany(
                f"insert into anlyt.metrics_hourly as m ({_COLUMNS}) values "
                f"({', '.join(f'${number}' for number in range(1, 16))}) "
                f"on conflict (scope, scope_id, hour_bucket) do update set ({_COLUMNS}) = "
                f"({', '.join(f'excluded.{name.strip()}' for name in _COLUMNS.split(','))})",
                [_values(row) for row in rows],
            )
            await self._put_costs(rows)
            await self.connection.execute(
                "insert into anlyt.accounts (account_id) select unnest($1::text[]) on conflict do nothing",
                sorted({row.id for row in rows if row.scope == "ACCOUNT"}),
            )
            if marked:
                await self._mark({row.hour.date() for row in rows}, as_of)

    async def _put_costs(self, rows: Sequence[Row]) -> None:
        await self.connection.executemany(
            "delete from anlyt.costs_hourly where hour_bucket = $1 and scope = $2 and scope_id = $3",
            [(row.hour, row.scope, row.id) for row in rows],
        )
        await self.connection.executemany(
            "insert into anlyt.costs_hourly values ($1, $2, $3, $4, $5)",
            [(row.hour, row.scope, row.id, currency, cost) for row in rows for currency, cost in row.costs.items()],
        )

    async def _mark(self, days: set[date], as_of: datetime | None) -> None:
        await self.connection.execute(
            "insert into anlyt.event_days as d (day, version, newest_claim_at) select unnest($1::date[]), 1, now() "
            "on conflict (day) do update set version = d.version + 1, newest_claim_at = now()",
            sorted(days),
        )
        if as_of is not None:
            await self.connection.execute(
                "insert into anlyt.data_as_of values ('billing_metrics', $1) on conflict (projection) "
                "do update set newest_event_at = greatest(data_as_of.newest_event_at, excluded.newest_event_at)",
                as_of,
            )

    async def _make_room(self, hours: set[datetime]) -> None:
        for month in {hour.replace(day=1, hour=0) for hour in hours}:
            after = (month + 32 * DAY).replace(day=1)
            for table in ("metrics_hourly", "costs_hourly"):
                await self.connection.execute("select anlyt.ensure_partition($1, $2, $3)", table, month, after)


def _values(row: Row) -> tuple[Any, ...]:
    bins = binned(row.samples)
    identity = (row.hour, row.scope, row.id)
    counters = (row.messages, row.delivered, row.failed, row.segments, row.cost)
    latencies = (sum(row.samples), len(row.samples), row.peak, list(bins), list(bins.values()))
    return (*identity, *counters, *latencies, row.pending, row.refunded)


def refunds(rows: Iterable[Row]) -> int | None:
    """The sum of refunds; None if they were not counted in one of the hours."""
    counts = [row.refunded for row in rows]
    return None if None in counts else sum(each for each in counts if each is not None)


def hours(start: datetime, end: datetime) -> list[datetime]:
    """The starts of the hours of a window."""
    return [start + number * HOUR for number in range((end - start) // HOUR)]


def iso(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
