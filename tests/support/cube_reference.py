"""The expected cubes, computed in plain Python from the reference's facts. Shares no code with the product."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.clickhouse import connect
from tests.support.fact_reference import COLUMNS, Expected, Row
from tests.support.stored import first_lines
from tests.support.warehouse import comparable

Cells: TypeAlias = Mapping[Row, Row]
"""The figures of each cell, by its dimensions."""
Latencies: TypeAlias = Mapping[tuple[str, datetime], Sequence[int]]
"""Milliseconds, by tenant and hour."""

DIMENSIONS: Mapping[str, Sequence[str]] = {
    "cube_dlr_hourly": ["tenant_id", "hour", "mno", "lane", "direction", "status"],
    "cube_dlr_daily": ["tenant_id", "day", "mno", "lane", "direction", "status"],
    "cube_cdr_hourly": ["tenant_id", "hour", "mno", "lane", "direction", "status", "currency"],
    "cube_cdr_daily": ["tenant_id", "day", "mno", "lane", "direction", "status", "currency"],
    "cube_compliance_hourly": ["tenant_id", "hour", "mno", "lane", "verdict"],
}
FIGURES: Mapping[str, Sequence[str]] = {
    "cube_dlr_hourly": ["messages", "latency_count", "latency_sum", "esme_errors", "max_tps"],
    "cube_dlr_daily": ["messages", "latency_count", "latency_sum", "esme_errors", "max_tps"],
    "cube_cdr_hourly": ["records", "segments", "cost"],
    "cube_cdr_daily": ["records", "segments", "cost"],
    "cube_compliance_hourly": ["evaluations", "latency_sum"],
}
QUANTILES = (0.5, 0.95, 0.99)
SLACK = 0.02  # share of ranks; a t-digest of few values interpolates this far


def expected_cubes(expected: Expected) -> Mapping[str, Cells]:
    return {
        "cube_dlr_hourly": _cells(expected, "facts_dlr", "cube_dlr_hourly", _reports),
        "cube_dlr_daily": _cells(expected, "facts_dlr", "cube_dlr_daily", _reports),
        "cube_cdr_hourly": _cells(expected, "facts_cdr", "cube_cdr_hourly", _records),
        "cube_cdr_daily": _cells(expected, "facts_cdr", "cube_cdr_daily", _records),
        "cube_compliance_hourly": _cells(expected, "facts_compliance", "cube_compliance_hourly", _evaluations),
    }


async def cube_differences(dsn: str, expected: Expected) -> Sequence[str]:
    """The differences between cubes and expectation, percentiles included; empty if there are none."""
    return await cell_differences(dsn, expected_cubes(expected), latencies(expected))


async def cell_differences(dsn: str, cubes: Mapping[str, Cells], samples: Latencies) -> Sequence[str]:
    """The same, for cells and latencies that were added up before."""
    async with connect(dsn) as client:
        lines = [line for cube, cells in cubes.items() for line in await _compared(client, cube, cells)]
        lines += await _percentiles(client, samples)
    return first_lines(lines)


def latencies(expected: Expected) -> Latencies:
    """The latencies of all final reports."""
    samples: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    for row, times in expected.facts["facts_dlr"].items():
        fact = dict(zip(COLUMNS["facts_dlr"], row, strict=True))
        if fact["status"] != "PENDING":
            hour = fact["event_time"].replace(minute=0, second=0, microsecond=0)
            samples[fact["tenant_id"], hour] += [fact["latency_ms"]] * times
    return samples


def _cells(expected: Expected, table: str, cube: str, add: Callable[[Sequence[dict[str, Any]]], Row]) -> Cells:
    grouped: dict[Row, list[dict[str, Any]]] = defaultdict(list)
    for row, times in expected.facts[table].items():
        fact = dict(zip(COLUMNS[table], row, strict=True))
        fact["hour"] = fact["event_time"].replace(minute=0, second=0, microsecond=0)
        fact["day"] = fact["hour"].replace(hour=0)
        grouped[tuple(fact[name] for name in DIMENSIONS[cube])] += [fact] * times
    return {key: add(facts) for key, facts in grouped.items()}


def _reports(facts: Sequence[dict[str, Any]]) -> Row:
    final = [fact for fact in facts if fact["status"] != "PENDING"]
    errors = sum(fact["error_code"] is not None for fact in final)
    latency = sum(fact["latency_ms"] for fact in final)
    return len(facts), len(final), latency, errors, max(fact["tps_snapshot"] for fact in facts)


def _records(facts: Sequence[dict[str, Any]]) -> Row:
    segments = sum(fact["segment_count"] for fact in facts)
    return len(facts), segments, sum(fact["charge_amount"] for fact in facts)


def _evaluations(facts: Sequence[dict[str, Any]]) -> Row:
    return len(facts), sum(fact["evaluation_latency_ms"] for fact in facts)


async def _compared(client: AsyncClient, cube: str, expected: Cells) -> Sequence[str]:
    keys = len(DIMENSIONS[cube])
    columns = ", ".join([*DIMENSIONS[cube], *FIGURES[cube]])
    rows = [comparable(row) for row in (await client.query(f"select {columns} from {cube} final")).result_rows]
    stored = {row[:keys]: row[keys:] for row in rows}
    assert len(stored) == len(rows)
    return [
        f"{cube} {key}: expected {expected.get(key)}, stored {stored.get(key)}"
        for key in expected.keys() | stored.keys()
        if expected.get(key) != stored.get(key)
    ]


async def _percentiles(client: AsyncClient, samples: Latencies) -> Sequence[str]:
    """Compares percentiles by tenant and hour, from the merged digests of all statuses, routes and lanes."""
    merged = await client.query(
        "select tenant_id, hour, quantilesTDigestMerge(0.5, 0.95, 0.99)(latency_digest) from cube_dlr_hourly final "
        "group by tenant_id, hour having sum(latency_count) > 0"
    )
    percentiles = {key: values for *key_, values in merged.result_rows if (key := comparable(key_))}
    return [f"percentiles of {key}" for key in percentiles.keys() ^ samples.keys()] + [
        f"percentile {quantile} of {key}: {value}"
        for key, values in percentiles.items()
        if key in samples
        for quantile, value in zip(QUANTILES, values, strict=True)
        if not _near(sorted(samples[key]), quantile, value)
    ]


def _near(ascending: Sequence[int], quantile: float, value: float) -> bool:
    """Whether `value` is between samples whose ranks are near the quantile. Digests hold 32-bit floats."""
    reach = SLACK * len(ascending) + 1
    rank = quantile * len(ascending)
    low = ascending[max(int(rank - reach), 0)]
    high = ascending[min(int(rank + reach), len(ascending) - 1)]
    return low * (1 - 1e-6) <= value <= high * (1 + 1e-6)
