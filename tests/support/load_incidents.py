"""Incidents of engines and load: PostgreSQL away, locked or slow, and too many requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import httpx

from schema.streams import BILLING_EVENTS
from tests.support import events
from tests.support.api import ADMIN
from tests.support.breakable_service import Service, event, report
from tests.support.cli import PATIENCE
from tests.support.runbooks import RUNBOOKS, blocks

PAUSE: Final = 1.0  # seconds


@asynccontextmanager
async def postgres_is_away(service: Service) -> AsyncIterator[None]:
    async with service.requests():
        await service.stack.engines["postgres"].stop()
        await service.publish(BILLING_EVENTS, event(events.billing, "billedAt", status="BILLED"))
        yield
        checked = await service.sh(blocks("AnlytGaugesStale.md")[0])
        assert (checked.returncode, "PostgreSQL" in checked.stderr) == (1, True), checked
        await service.stack.engines["postgres"].start()
        await service.follow("AnlytPgErrors.md")
        ((role,),) = await service.look("AnlytPgErrors.md")
        assert role["is_replica"] is False
        await asyncio.sleep(PAUSE)


@asynccontextmanager
async def session_holds_a_lock(service: Service) -> AsyncIterator[None]:
    """Another session's lock stops ingest and makes reports slow, until the runbook's statement finds it."""
    blocker = await asyncpg.connect(service.postgres)
    await blocker.execute("begin; lock table anlyt.metrics_hourly in access exclusive mode")
    await service.publish(BILLING_EVENTS, event(events.billing, "billedAt", status="BILLED"))
    async with service.requests(at_once=6):
        yield
        waiting = (await service.look("AnlytConsumerLagHigh.md"))[0]
        (blocking,) = {pid for row in waiting for pid in row["blocked_by"]}
        assert "`select pg_terminate_backend(pid)`" in (RUNBOOKS / "AnlytConsumerLagHigh.md").read_text()
        await service.execute("select pg_terminate_backend($1)", blocking)
    blocker.terminate()
    await service.look("AnlytEngineSlow.md")
    await service.look("AnlytIngestLagHigh.md")
    await service.follow("AnlytEngineSlow.md")


@asynccontextmanager
async def caller_floods(service: Service) -> AsyncIterator[None]:
    async with service.requests(at_once=150, pause=0):
        yield
        await service.look("AnlytOverloaded.md")
    await service.follow("AnlytOverloaded.md")


@asynccontextmanager
async def postgres_is_slow(service: Service) -> AsyncIterator[None]:
    """Another session locks a table for most of each second, so that each report waits."""
    slow = asyncio.create_task(_slow(service))
    try:
        yield
        await service.look("AnlytApiLatencyHigh.md")
    finally:
        slow.cancel()
        await asyncio.wait([slow])


async def _slow(service: Service) -> None:
    blocker = await asyncpg.connect(service.postgres)
    try:
        async with httpx.AsyncClient(base_url=service.api, headers=ADMIN, timeout=PATIENCE) as client:
            while True:
                async with blocker.transaction():
                    await blocker.execute("lock table anlyt.metrics_hourly in access exclusive mode")
                    asked = [asyncio.create_task(client.get(report())) for _ in range(6)]
                    await asyncio.sleep(0.75)
                await asyncio.gather(*asked)
    finally:
        await blocker.close()
