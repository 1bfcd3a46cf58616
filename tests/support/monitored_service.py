"""A service under traffic that Prometheus scrapes, so that every panel of the dashboards has data."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg
import httpx
from nats.aio.client import Client

from demo import feed, traffic
from demo.world import make_world
from functions import FUNCTIONS
from infra import nats
from infra.endpoints import Endpoints, Engines
from pipelines import runs
from pipelines.lease import PipelineBusyError
from pipelines.runs import PipelineAlarmError
from pipelines.stores import Stores, open_stores
from tests.support.api import ADMIN, ANALYTICS
from tests.support.cli import PATIENCE, running
from tests.support.platform import open_platform
from tests.support.prometheus import OBJECTIVES, Prometheus, prometheus, rules
from tools.grafana.querying import Addresses, Connections, open_connections

DAYS: Final = 2
MESSAGES: Final = 1_000
MESSAGES_PER_SECOND: Final = 20.0
ENDPOINTS: Final = ("/summary", "/top-operators")
FAILED: Final = "count(anlyt_pg_errors_total) > 0"
# Queries that return values when there are enough scrapes for rates.
SCRAPED: Final = (
    "min(count_over_time(anlyt_pg_errors_total[1m])) > 3",
    "min(count_over_time(anlyt_query_duration_seconds_count[1m])) > 3",
    "count(anlyt_pipeline_last_success_timestamp_seconds) > 5",
    "min(count_over_time(anlyt_cube_freshness_seconds[1m])) > 3",
    "count(anlyt:slo_burn:rate30d) >= 4",
    'sum(increase(anlyt_events_processed_total{result="counted"}[4s])) > 0',
)


@dataclass(frozen=True, slots=True)
class MonitoredService:
    """Connections to the data sources, and the end of the traffic."""

    to: Connections
    until: datetime


@asynccontextmanager
async def monitored_service(folder: Path) -> AsyncIterator[MonitoredService]:
    """Runs `anlyt dev` with two days of the demo's traffic, computed cubes, and a day on which billing differs."""
    with running(folder, "dev") as service:
        endpoints = service.endpoints()
        with prometheus(folder, {"anlyt": urlsplit(endpoints.metrics).netloc}, rules(OBJECTIVES)) as server:
            await _past(endpoints)
            await _live(endpoints, server)
            until = datetime.now(UTC)
            async with open_connections(Addresses(server.url, endpoints.clickhouse, endpoints.postgres)) as to:
                yield MonitoredService(to, until)
        assert service.stop() == 0


async def _past(endpoints: Endpoints) -> None:
    now = datetime.now(UTC)
    async with (
        open_platform(endpoints.nats, endpoints.postgres, endpoints.clickhouse) as platform,
        open_stores(Engines(endpoints.nats, endpoints.postgres, endpoints.clickhouse)) as stores,
    ):
        await feed.publish(platform.client, traffic.history(make_world(), now, DAYS, MESSAGES))
        await platform.wait_until_drained(*FUNCTIONS)
        yesterday = (now - timedelta(days=1)).date()
        await stores.postgres.execute("insert into billing.daily_totals values ($1, 'USD', 1, 1)", yesterday)
        for name in ("cubes", "rollup", "reconciliation"):
            await _run(stores, name)


async def _run(stores: Stores, name: str) -> None:
    """Runs a pipeline, after the scheduler's own run if one is running."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(PipelineBusyError):
                with suppress(PipelineAlarmError):
                    await runs.run(stores, name)
                return
            await asyncio.sleep(0.1)


async def _live(endpoints: Endpoints, server: Prometheus) -> None:
    """Makes traffic, requests and PostgreSQL errors until Prometheus has scraped all of them."""
    async with nats.connect(endpoints.nats) as client, asyncio.TaskGroup() as tasks:
        under_way = [tasks.create_task(_traffic(client)), tasks.create_task(_requests(endpoints.api))]
        failing = tasks.create_task(_failures(endpoints.postgres))
        await _wait_until_scraped(server, FAILED)
        failing.cancel()
        await _wait_until_scraped(server, *SCRAPED)
        for task in under_way:
            task.cancel()


async def _wait_until_scraped(server: Prometheus, *queries: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not all([await asyncio.to_thread(_has_values, server, query) for query in queries]):
            await asyncio.sleep(0.2)


def _has_values(server: Prometheus, query: str) -> bool:
    try:
        return bool(server.values(query))
    except (httpx.TransportError, httpx.HTTPStatusError):  # it has not started yet
        return False


async def _traffic(client: Client) -> None:
    await feed.run_live(client, make_world(), datetime.now(UTC), MESSAGES_PER_SECOND)


async def _requests(api: str) -> None:
    async with httpx.AsyncClient(base_url=api, headers=ADMIN, timeout=PATIENCE) as client:

        async def ask() -> None:
            for path in ENDPOINTS:
                await client.get(ANALYTICS + path)

        await _repeat(ask, 0.1)


async def _failures(dsn: str) -> None:
    """Terminates the workers' connections at any point of their work. They retry the interrupted batches."""
    connection = await asyncpg.connect(dsn)

    async def terminate_connections() -> None:
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where backend_type = 'client backend' and state <> 'idle' and pid <> pg_backend_pid()"
        )

    try:
        await _repeat(terminate_connections, 0.5)
    finally:
        await connection.close()


async def _repeat(step: Callable[[], Awaitable[None]], pause: float) -> None:
    while True:
        await step()
        await asyncio.sleep(pause)
