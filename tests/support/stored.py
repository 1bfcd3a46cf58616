"""Compares the content of PostgreSQL with the reference."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import asyncpg

from infra.postgres import Connection
from tests.support.database import connected
from tests.support.reference import Expected

SHOWN = 10

METRICS = """
select scope, scope_id, hour_bucket, total_messages, refunded_messages, delivered_messages, failed_messages,
    pending_messages, segments, total_cost, latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts
from anlyt.metrics_hourly
"""
OPERATORS = METRICS.replace("select scope, scope_id,", "select 'OPERATOR', operator_id,").replace(
    "metrics_hourly", "operator_performance"
)
COUNTED = """
select function, event_hour, currency, sum(messages), sum(amount), sum(refunds), sum(refunded)
from anlyt.message_outcomes where outcome = 'counted'
group by function, event_hour, currency
having (sum(messages), sum(amount), sum(refunds), sum(refunded)) <> (0, 0, 0, 0)
"""
COSTS = "select scope, scope_id, hour_bucket, currency, total_cost from anlyt.costs_hourly"


async def differences(dsn: str, expected: Expected, *, rolled: bool = False) -> Sequence[str]:
    """The differences in all tables; empty if there are none. `rolled`: a rollup ran after the last event."""
    async with connected(dsn) as connection:
        comparisons = await _comparisons(connection, expected, rolled)
    return first_lines([line for comparison in comparisons for line in compared(*comparison)])


def first_lines(lines: Sequence[str]) -> Sequence[str]:
    """The first SHOWN lines, and the number of the others."""
    return [*lines[:SHOWN], *([f"... and {len(lines) - SHOWN} more"] * (len(lines) > SHOWN))]


async def _comparisons(
    connection: Connection, expected: Expected, rolled: bool
) -> Sequence[tuple[str, Mapping[Any, Any], Mapping[Any, Any]]]:
    """Each table with its expected and its stored rows."""
    rows = {key: row.columns() for key, row in expected.metrics.items()}
    operators = {key: row for key, row in rows.items() if key[0] == "OPERATOR"}
    good_version = "version" if rolled else "0"
    days = await connection.fetch(f"select day, version > 0 and rolled_version = {good_version} from anlyt.event_days")
    accounts = await connection.fetch("select account_id, true from anlyt.accounts")
    as_of = await connection.fetch("select projection, newest_event_at from anlyt.data_as_of")
    claims = await connection.fetchval("select count(*) from anlyt.processed_events")
    return [
        ("metrics_hourly", rows, _rows(await connection.fetch(METRICS))),
        ("operator_performance", operators, _rows(await connection.fetch(OPERATORS))),
        ("costs_hourly", expected.costs, {tuple(row)[:4]: row[4] for row in await connection.fetch(COSTS)}),
        ("accounts", dict.fromkeys(expected.accounts, True), dict(map(tuple, accounts))),
        ("event_days", dict.fromkeys(expected.days, True), dict(map(tuple, days))),
        ("data_as_of", expected.data_as_of, dict(map(tuple, as_of))),
        ("ledger", expected.counted, await counted(connection)),
        ("processed_events", {"rows": expected.claims}, {"rows": claims}),
    ]


async def counted(connection: Connection) -> Mapping[Any, Any]:
    """What the ledger says is counted, by function, hour of the events and currency."""
    return {tuple(row)[:3]: tuple(row)[3:] for row in await connection.fetch(COUNTED)}


def _rows(records: Sequence[asyncpg.Record]) -> Mapping[Any, Mapping[str, Any]]:
    return {tuple(record)[:3]: columns_of(dict(record)) for record in records}


def columns_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns after the key, with the histogram as counts by bin."""
    columns = dict(list(record.items())[3:])
    bins, counts = columns.pop("latency_bins"), columns.pop("latency_counts")
    # A list if the bins are not ascending, so that it differs from every expected histogram.
    ordered = all(low < high for low, high in pairwise(bins)) and len(bins) == len(counts)
    return columns | {"histogram": dict(zip(bins, counts, strict=True)) if ordered else [bins, counts]}


def compared(table: str, expected: Mapping[Any, Any], stored: Mapping[Any, Any]) -> Iterator[str]:
    """One line per row that differs, with the columns that differ."""
    for key in expected.keys() | stored.keys():
        want, have = expected.get(key, "no row"), stored.get(key, "no row")
        if want == have:
            continue
        if isinstance(want, Mapping) and isinstance(have, Mapping):
            want, have = ({name: side[name] for name in side if want[name] != have[name]} for side in (want, have))
        yield f"{table} {key}: expected {want}, stored {have}"
