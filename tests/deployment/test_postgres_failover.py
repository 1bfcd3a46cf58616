"""PostgreSQL's standby is promoted under load. What an asynchronous one lacks is counted by the runbook's command.

The commands are those of docs/runbooks/postgresql-fail-over.md. Prints how long ingest stopped, and what was lost.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import pytest

from commands import api
from functions import METRICS
from infra.embedded.engine import Engine
from infra.endpoints import Engines
from infra.settings import read_settings
from ingest import service
from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support.api import ADMIN, ANALYTICS
from tests.support.cli import anlyt
from tests.support.database import connected
from tests.support.fixtures import server as server
from tests.support.fixtures import warehouse as warehouse
from tests.support.platform import Platform, open_platform, unlimited_guards, with_batch
from tests.support.postgres_pair import Pair, postgres_pair
from tests.support.reference import Expected, expect
from tests.support.stored import differences
from tests.support.traffic import Sent, producing

pytestmark = pytest.mark.anyio

NOW: Final = datetime.now(UTC)
STREAMS: Final = (BILLING_EVENTS, SMS_DLR)
QUICK: Final = [with_batch(function, 100) for function in METRICS]
PATIENCE: Final = 120  # seconds, on a busy machine
LOAD: Final = 5.0  # seconds before the fault; positions are recorded every two
BEHIND: Final = 3.0  # seconds of commits that the standby lacks when the primary is lost
NEWER: Final = "select exists (select from anlyt.processed_events where stored_ns > $1)"


@dataclass(frozen=True)
class Bench:
    """Ingest of the functions of PostgreSQL, with a DSN of both hosts."""

    pair: Pair
    platform: Platform

    async def expected(self, sent: Sent) -> Expected:
        stored = [list((await self.platform.stored_messages(stream)).values()) for stream in STREAMS]
        for stream, messages in zip(STREAMS, stored, strict=True):
            assert {each.data for each in sent[stream]} <= {each.data for each in messages}
        billed, reports = stored
        return expect(billed, reports, NOW)

    async def fail_over(self) -> float:
        """Loses the primary and promotes the standby. Returns the seconds until ingest commits newer events there."""
        fault = time.time()
        await self.pair.primary.kill()
        await self.pair.promote()
        async with connected(self.pair.standby.dsn) as connection, asyncio.timeout(PATIENCE):
            while not await connection.fetchval(NEWER, int(fault * 1e9)):
                await asyncio.sleep(0.02)
        return time.time() - fault


@asynccontextmanager
async def opened(folder: Path, nats: str, clickhouse: str) -> AsyncIterator[Bench]:
    async with (
        postgres_pair(folder) as pair,
        open_platform(nats, pair.dsn) as platform,
        service.running(Engines(nats, pair.dsn, clickhouse), QUICK, "USD", unlimited_guards(QUICK)),
    ):
        yield Bench(pair, platform)


async def test_synchronous_standby(server: Engine, warehouse: str, tmp_path: Path, seed: int) -> None:
    """Nothing is lost: a commit that the standby does not have was not answered, and its events come again."""
    async with opened(tmp_path, server.url, warehouse) as bench:
        await bench.pair.wait_for_commits()
        async with producing(bench.platform, Random(seed), NOW, STREAMS) as sent:
            await asyncio.sleep(LOAD)
            gap = await bench.fail_over()
        await bench.platform.wait_until_drained(*QUICK)
        assert await differences(bench.pair.standby.dsn, await bench.expected(sent)) == []
    print(f"synchronous: ingest goes on after {gap:.1f} s, of which the promotion is a part")


async def test_asynchronous_standby(server: Engine, warehouse: str, tmp_path: Path, seed: int) -> None:
    """Acknowledged events are missing on a standby that lagged. One command per function counts exactly these."""
    async with opened(tmp_path, server.url, warehouse) as bench:
        async with producing(bench.platform, Random(seed), NOW, STREAMS) as sent:
            await asyncio.sleep(LOAD)
            await bench.pair.disconnect()
            await asyncio.sleep(BEHIND)
            gap = await bench.fail_over()
        await bench.platform.wait_until_drained(*QUICK)
        expected = await bench.expected(sent)
        async with connected(bench.pair.standby.dsn) as connection:
            lost = expected.claims - await connection.fetchval("select count(*) from anlyt.processed_events")
        assert lost > 0
        settings = {
            "ANLYT_NATS_URL": server.url,
            "ANLYT_POSTGRES_DSN": bench.pair.dsn,
            "ANLYT_CLICKHOUSE_DSN": warehouse,
        }
        for function in QUICK:
            command = ("backfill", function.name, "--after-failover")
            done = await asyncio.to_thread(anlyt, tmp_path, *command, **settings)
            assert done.returncode == 0, done.stderr
            print(done.stdout.splitlines()[-2])
        assert await differences(bench.pair.standby.dsn, expected, rolled=True) == []
    print(f"asynchronous: {lost} events of {expected.claims} lost, all counted; ingest goes on after {gap:.1f} s")


async def test_reports_of_a_standby(server: Engine, warehouse: str, tmp_path: Path, seed: int) -> None:
    """While its replay is paused, a standby answers its last state, with the `dataAsOf` of that; then it catches up."""
    random = Random(seed)
    async with opened(tmp_path, server.url, warehouse) as bench:
        async with producing(bench.platform, random, NOW, STREAMS):
            pass
        await bench.platform.wait_until_drained(*QUICK)
        await bench.pair.wait_for_standby()
        settings = read_settings({"ANLYT_POSTGRES_READ_DSN": bench.pair.standby.dsn, "ANLYT_API_PORT": "0"})
        engines = Engines(server.url, bench.pair.dsn, warehouse)
        async with (
            api.running(settings, engines, development=False) as url,
            httpx.AsyncClient(base_url=url, headers=ADMIN, timeout=60) as client,
            connected(bench.pair.standby.dsn) as standby,
        ):
            before = await summary(client)
            await standby.execute("select pg_wal_replay_pause()")
            async with producing(bench.platform, random, NOW, STREAMS):
                pass
            await bench.platform.wait_until_drained(*QUICK)
            assert await summary(client) == before
            await standby.execute("select pg_wal_replay_resume()")
            await bench.pair.wait_for_standby()
            after = await summary(client)
            assert after["totalMessages"] != before["totalMessages"]
            assert after["dataAsOf"] >= before["dataAsOf"]


async def summary(client: httpx.AsyncClient) -> dict[str, Any]:
    """The summary of the last hours."""
    window = {"from": f"{NOW - timedelta(days=1):%Y-%m-%dT00:00:00Z}", "to": f"{NOW:%Y-%m-%dT%H:00:00Z}"}
    response = await client.get(f"{ANALYTICS}/summary", params=window)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found
