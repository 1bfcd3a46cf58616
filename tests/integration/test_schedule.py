"""Pipelines run at their times, catch up missed runs and retry failed ones; Kedro's commands run them, too."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import distributions
from pathlib import Path

import pytest
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from structlog.testing import capture_logs

from infra.embedded.engine import Engine
from infra.endpoints import Engines
from pipelines import schedule
from pipelines.definition import Definition
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.stores import Stores, open_stores
from pipelines.times import Daily
from tests.support.cli import PATIENCE, environment
from tests.support.pipelines import NOBODY_CLICKHOUSE, NOBODY_NATS, runs_of, stores_of
from tests.support.platform import NOWHERE, open_platform

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 10, 7, 12, tzinfo=UTC)
DAILY = CronTrigger(hour=3, timezone=UTC)


@pytest.fixture
async def stores(database: str) -> AsyncIterator[Stores]:
    async with stores_of(database) as opened:
        yield opened


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-10-{text}:00Z")


@pytest.mark.parametrize(
    ("trigger", "last", "first"),
    [
        (DAILY, None, NOW),
        (DAILY, at("07T03:01"), at("08T03:00")),
        (DAILY, at("07T02:59"), NOW),
        (DAILY, at("01T03:01"), NOW),
        (IntervalTrigger(minutes=15, timezone=UTC), at("07T11:50"), at("07T12:05")),
        (IntervalTrigger(minutes=15, timezone=UTC), at("07T11:40"), NOW),
    ],
)
def test_missed_runs_start_immediately(trigger: BaseTrigger, last: datetime | None, first: datetime) -> None:
    assert schedule.first_run_time(trigger, last, NOW) == first


def in_half_a_day(*names: str) -> Sequence[Definition]:
    hour = (datetime.now(UTC).hour + 12) % 24
    return tuple(replace(DEFINITIONS[name], times=Daily(hour, 0)) for name in names)


async def until(stores: Stores, name: str, statuses: list[str]) -> None:
    async with asyncio.timeout(PATIENCE):
        while [run["status"] for run in await runs_of(stores, name)] != statuses:
            await asyncio.sleep(0.02)


async def test_only_missed_pipelines_run_after_downtime(stores: Stores) -> None:
    for name, ago in (("maintenance", timedelta(minutes=5)), ("reconciliation", timedelta(days=2))):
        finished = datetime.now(UTC) - ago
        await stores.postgres.execute(
            "insert into anlyt.pipeline_runs (name, started, finished, status) values ($1, $2, $2, 'SUCCEEDED')",
            *(name, finished),
        )
    async with schedule.running(stores, in_half_a_day("maintenance", "reconciliation")):
        await until(stores, "reconciliation", ["SUCCEEDED", "SUCCEEDED"])
    await until(stores, "maintenance", ["SUCCEEDED"])


async def test_failed_runs_are_retried(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "RETRY", timedelta(seconds=0.1))
    await stores.postgres.execute("alter table billing.daily_totals rename to totals")
    async with schedule.running(stores, in_half_a_day("reconciliation")):
        async with asyncio.timeout(PATIENCE):
            while [run["status"] for run in await runs_of(stores, "reconciliation")].count("FAILED") < 2:
                await asyncio.sleep(0.02)
        await stores.postgres.execute("alter table billing.totals rename to daily_totals")
        async with asyncio.timeout(PATIENCE):
            while (await runs_of(stores, "reconciliation"))[-1]["status"] != "SUCCEEDED":
                await asyncio.sleep(0.02)


async def test_unreachable_postgresql_at_the_start() -> None:
    nowhere = Engines(NOBODY_NATS, NOWHERE, NOBODY_CLICKHOUSE)
    times = in_half_a_day("reconciliation")
    with capture_logs() as lines:
        async with open_stores(nowhere) as stores, schedule.running(stores, times), asyncio.timeout(PATIENCE):
            while not any(line["event"] == "pipeline has to wait" for line in lines):
                await asyncio.sleep(0.02)


# Runs every pipeline as `kedro run` does. Fails if one connects to another machine.
KEDRO = """
import sys

def alone(event, args):
    host = {"socket.connect": lambda: args[1], "socket.getaddrinfo": lambda: args}.get(event, tuple)()
    if host and isinstance(host, tuple) and host[0] not in ("127.0.0.1", "localhost", "::1"):
        raise SystemExit(f"{event} {host}")

sys.addaudithook(alone)
from kedro.framework.cli.cli import main

for name in sys.argv[1:]:
    sys.argv = ["kedro", "run", "--pipeline", name]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code, ended.code
"""


async def test_kedro_runs_every_pipeline_without_telemetry(
    database: str, warehouse: str, server: Engine, tmp_path: Path
) -> None:
    async with stores_of(database, warehouse, server.url) as stores, open_platform(server.url):
        settings = {"ANLYT_NATS_URL": server.url, "ANLYT_POSTGRES_DSN": database, "ANLYT_CLICKHOUSE_DSN": warehouse}
        ran = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-W", "ignore", "-c", KEDRO, *DEFINITIONS],
            cwd=ROOT,
            env=environment(tmp_path, settings),
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        for name in DEFINITIONS:
            assert f"{name}: done" in ran.stdout
            assert [run["status"] for run in await runs_of(stores, name)] == ["SUCCEEDED"]


def test_nothing_that_phones_home_is_installed() -> None:
    assert not {each.name for each in distributions()} & {"kedro-telemetry", "kedro_telemetry"}
