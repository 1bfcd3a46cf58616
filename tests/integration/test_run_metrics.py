"""The resident process exports each pipeline run once, wherever it process, also after a restart."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from infra.embedded.engine import Engine
from infra.metrics import PIPELINE_DURATION
from pipelines import run_metrics, runs
from pipelines.lease import lease
from pipelines.stores import Stores
from tests.support.cli import PATIENCE, anlyt, running
from tests.support.pipelines import runs_of, stores_of
from tests.support.platform import open_platform

pytestmark = pytest.mark.anyio

CRONJOBS: Final = ("maintenance", "rollup", "reconciliation", "archive", "integrity")
HOUR: Final = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
async def stores(database: str, warehouse: str) -> AsyncIterator[Stores]:
    async with stores_of(database, warehouse) as opened:
        for table in ("metrics_hourly", "costs_hourly"):
            month = HOUR.replace(day=1, hour=0)
            following = (month + timedelta(days=32)).replace(day=1)
            await opened.postgres.execute("select anlyt.ensure_partition($1, $2, $3)", table, month, following)
        await opened.postgres.execute(
            "insert into anlyt.metrics_hourly (scope, scope_id, hour_bucket, total_messages) "
            "values ('PLATFORM', 'platform', $1, 1)",
            HOUR,
        )
        yield opened


def shown(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if re.match(r"anlyt_(pipeline|rollup|integrity|reconciliation|gauges)_", sample.name)
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


def scraped(folder: Path, settings: Mapping[str, str]) -> Samples:
    """The metrics of an `anlyt schedule` that runs no pipeline, because each has succeeded just now."""
    with running(folder, "schedule", "--pipeline", "archive", **settings) as service:
        assert service.process.stdout is not None
        url = service.process.stdout.readline().rpartition(" ")[2].strip()
        deadline = time.monotonic() + PATIENCE
        while True:
            samples = shown(httpx.get(url, timeout=60).text)
            if value(samples, "anlyt_gauges_measured_timestamp_seconds", part="pipelines"):
                assert service.stop() == 0
                return samples
            assert time.monotonic() < deadline
            time.sleep(0.1)


async def test_runs_of_other_processes_are_shown_and_a_restart_changes_nothing(
    stores: Stores, database: str, warehouse: str, server: Engine, tmp_path: Path
) -> None:
    async with open_platform(server.url):
        pass
    settings = {
        "ANLYT_POSTGRES_DSN": database,
        "ANLYT_CLICKHOUSE_DSN": warehouse,
        "ANLYT_NATS_URL": server.url,
        "ANLYT_DEDUP_DAYS": "0",
    }
    yesterday = HOUR.date() - timedelta(days=1)
    await stores.postgres.execute("insert into billing.daily_totals values ($1, 'USD', 1, 1)", yesterday)
    for name in (*CRONJOBS, "rollup"):
        process = await asyncio.to_thread(anlyt, tmp_path, "pipeline", name, **settings)
        assert process.stdout.startswith(f"{name}: done"), process.stderr
    await stores.postgres.execute("alter table billing.daily_totals rename to totals")
    failed = await asyncio.to_thread(anlyt, tmp_path, "pipeline", "reconciliation", **settings)
    assert failed.returncode == 1
    samples = await asyncio.to_thread(scraped, tmp_path, settings)
    for name in CRONJOBS:
        count = 2 if name == "rollup" else 1
        assert value(samples, "anlyt_pipeline_duration_seconds_count", pipeline=name) == count
        assert value(samples, "anlyt_pipeline_runs_total", pipeline=name, result="succeeded") == count
        assert (value(samples, "anlyt_pipeline_duration_seconds_sum", pipeline=name) or 0) > 0
        assert (value(samples, "anlyt_pipeline_last_duration_seconds", pipeline=name) or 0) > 0
        fails = 1 if name == "reconciliation" else 0
        assert value(samples, "anlyt_pipeline_failures_total", pipeline=name) == fails
        assert value(samples, "anlyt_pipeline_runs_total", pipeline=name, result="failed") == fails
        assert value(samples, "anlyt_pipeline_runs_total", pipeline=name, result="abandoned") == 0
    assert value(samples, "anlyt_rollup_duration_seconds_count", granularity="daily") == 1
    assert value(samples, "anlyt_rollup_duration_seconds_bucket", granularity="daily", le="+Inf") == 1
    assert value(samples, "anlyt_pipeline_last_counts", pipeline="rollup", count="days") == 0
    assert value(samples, "anlyt_pipeline_last_counts", pipeline="reconciliation", count="missing_ours") == 1
    assert value(samples, "anlyt_reconciliation_divergence_ratio", day=str(yesterday)) == 1
    assert value(samples, "anlyt_integrity_differences") == 0
    again = await asyncio.to_thread(scraped, tmp_path, settings)
    assert unmeasured(again) == unmeasured(samples)


def unmeasured(samples: Samples) -> Samples:
    return {key: number for key, number in samples.items() if "gauges_measured" not in key[0]}


async def test_a_run_in_the_process_that_shows_it_is_counted_once(stores: Stores) -> None:
    for _ in range(2):
        await runs.run(stores, "rollup")
        await run_metrics.measure(stores)
    for _ in range(2):
        await run_metrics.measure(stores)
    labels = {"pipeline": "rollup"}
    assert REGISTRY.get_sample_value("anlyt_pipeline_duration_seconds_count", labels) == 2
    assert REGISTRY.get_sample_value("anlyt_rollup_duration_seconds_count", {"granularity": "daily"}) == 1
    assert REGISTRY.get_sample_value("anlyt_pipeline_runs_total", {**labels, "result": "succeeded"}) == 2


async def test_deleted_rows_stay_counted(stores: Stores) -> None:
    await runs.run(stores, "rollup")
    await stores.postgres.execute("delete from anlyt.pipeline_runs")
    await run_metrics.measure(stores)
    assert REGISTRY.get_sample_value("anlyt_pipeline_duration_seconds_count", {"pipeline": "rollup"}) == 1


async def test_a_killed_run_is_counted_once_even_if_its_end_comes_later(stores: Stores, database: str) -> None:
    async with lease(database, "rollup", lambda: None) as connection:
        killed = await connection.fetchval(runs.BEGIN, "rollup")
    await runs.run(stores, "rollup")
    histogram = PIPELINE_DURATION.name, PIPELINE_DURATION.bounds
    await stores.postgres.execute(runs.FINISH, killed, "SUCCEEDED", "{}", None, *histogram)
    assert [run["status"] for run in await runs_of(stores, "rollup")] == ["ABANDONED", "SUCCEEDED"]
    await run_metrics.measure(stores)
    for result, count in (("abandoned", 1), ("succeeded", 1), ("failed", 0)):
        labels = {"pipeline": "rollup", "result": result}
        assert REGISTRY.get_sample_value("anlyt_pipeline_runs_total", labels) == count
