"""All hourly and daily rows of PostgreSQL and of the archive together, compared with the reference."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.clickhouse import connect
from infra.postgres import Connection
from tests.prove.truth import hourly_rows
from tests.support.database import connected
from tests.support.days import daily, daily_costs
from tests.support.reference import Expected
from tests.support.stored import columns_of, compared, counted, first_lines

Key: TypeAlias = tuple[Any, str, str]  # hour or day, scope, id
CostKey: TypeAlias = tuple[Any, str, str, str]

COLUMNS: Final = (
    "total_messages, refunded_messages, delivered_messages, failed_messages, pending_messages, segments, total_cost, "
    "latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts"
)
ARCHIVED: Final = "select batch, day from anlyt.archive_batches where state = 'ARCHIVED'"
NO_ROW: Final[Mapping[str, Any]] = {
    **{name: 0 for name in COLUMNS.split(", ") if not name.startswith("latency_")},
    **{"latency_sum_ms": 0, "latency_sample_count": 0, "histogram": {}},
}


async def history_differences(dsn: str, clickhouse: str, expected: Expected) -> Sequence[str]:
    """The differences of hours, days, costs, ledger, accounts, claims and marks of days; empty if there are none."""
    async with connected(dsn) as connection, connect(clickhouse) as client:
        batches = frozenset(map(tuple, await connection.fetch(ARCHIVED)))
        rows = hourly_rows(expected)
        hours = {(hour, scope, id_): row.columns() for (scope, id_, hour), row in expected.metrics.items()}
        costs = {(hour, scope, id_, currency): cost for (scope, id_, hour, currency), cost in expected.costs.items()}
        days = {key: _with_histogram(row) for key, row in daily(rows).items()}
        comparisons: Sequence[tuple[str, Mapping[Any, Any], Mapping[Any, Any]]] = [
            ("hour", hours, await _stored(connection, client, batches, "hourly", "hour_bucket")),
            ("cost of hour", costs, await _costs(connection, client, batches, "hourly", "hour_bucket")),
            ("day", days, await _stored(connection, client, batches, "daily", "day_bucket")),
            ("cost of day", daily_costs(rows), await _costs(connection, client, batches, "daily", "day_bucket")),
            ("ledger", expected.counted, await counted(connection)),
            *await _marks(connection, expected),
        ]
    return [line for each in comparisons for line in first_lines(list(compared(*each)))]


async def _stored(
    connection: Connection, client: AsyncClient, batches: frozenset[tuple[Any, ...]], table: str, time: str
) -> Mapping[Key, Mapping[str, Any]]:
    """The sum of all rows of a key, wherever they are."""
    names = f"{time}, scope, scope_id, {COLUMNS}"
    kept = [dict(row) for row in await connection.fetch(f"select {names} from anlyt.metrics_{table}")]
    archived = await _archived(client, batches, table, names, time)
    rows: dict[Key, list[Mapping[str, Any]]] = defaultdict(list)
    for row in [*kept, *archived]:
        rows[row[time], row["scope"], row["scope_id"]].append(columns_of(row))
    return {key: _sum(each) for key, each in rows.items()}


async def _costs(
    connection: Connection, client: AsyncClient, batches: frozenset[tuple[Any, ...]], table: str, time: str
) -> Mapping[CostKey, Decimal]:
    costs: dict[CostKey, Decimal] = defaultdict(Decimal)
    kept = await connection.fetch(f"select {time}, scope, scope_id, currency, total_cost from anlyt.costs_{table}")
    for each in kept:
        costs[tuple(each)[:4]] += each["total_cost"]
    for row in await _archived(client, batches, table, f"{time}, scope, scope_id, costs", time):
        for currency, cost in row["costs"].items():
            costs[row[time], row["scope"], row["scope_id"], currency] += cost
    return costs


async def _archived(
    client: AsyncClient, batches: frozenset[tuple[Any, ...]], table: str, names: str, time: str
) -> Sequence[dict[str, Any]]:
    """The rows of the archive that count: those of batches that were completed."""
    result = await client.query(f"select {names}, batch from anlyt.metrics_{table}_archive final")
    rows = [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows]
    for row in rows:
        if isinstance(row[time], datetime):
            row[time] = row[time].replace(tzinfo=UTC)
    counting = [row for row in rows if (row["batch"], _day(row[time])) in batches]
    return [{name: value for name, value in row.items() if name != "batch"} for row in counting]


def _day(time: date) -> date:
    return time.date() if isinstance(time, datetime) else time


def _sum(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    total = dict(NO_ROW)
    for row in rows:
        for name, value in row.items():
            if name == "peak_tps":
                total[name] = max(total[name], value)
            elif name == "histogram":
                total[name] = dict(Counter(total[name]) + Counter(value))
            else:
                total[name] = None if None in (total[name], value) else total[name] + value
    return total


def _with_histogram(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """An expected day with its histogram as counts by bin."""
    columns = dict(row)
    bins, counts = columns.pop("latency_bins"), columns.pop("latency_counts")
    return columns | {"histogram": dict(zip(bins, counts, strict=True))}


async def _marks(
    connection: Connection, expected: Expected
) -> Iterable[tuple[str, Mapping[Any, Any], Mapping[Any, Any]]]:
    days = await connection.fetch("select day, version > 0 and rolled_version = version from anlyt.event_days")
    accounts = await connection.fetch("select account_id, true from anlyt.accounts")
    as_of = await connection.fetch("select projection, newest_event_at from anlyt.data_as_of")
    claims = await connection.fetchval("select count(*) from anlyt.processed_events")
    return [
        ("day is rolled up", dict.fromkeys(expected.days, True), dict(map(tuple, days))),
        ("account", dict.fromkeys(expected.accounts, True), dict(map(tuple, accounts))),
        ("newest event", expected.data_as_of, dict(map(tuple, as_of))),
        ("claims", {"rows": expected.claims}, {"rows": claims}),
    ]
