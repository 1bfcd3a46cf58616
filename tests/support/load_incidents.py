"""Incidents of engines and load: PostgreSQL away, locked or slow, and too many requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from schema.streams import BILLING_EVENTS
from tests.support import events
from tests.support.breakable_service import Service, event
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
    """More requests than a busy PostgreSQL answers."""
    async with _busy(service), service.requests(at_once=150, pause=0):
        yield
        await service.look("AnlytOverloaded.md")
    await service.follow("AnlytOverloaded.md")


@asynccontextmanager
async def postgres_is_slow(service: Service) -> AsyncIterator[None]:
    async with _busy(service), service.requests(at_once=6):
        yield
        await service.look("AnlytApiLatencyHigh.md")


@asynccontextmanager
async def _busy(service: Service) -> AsyncIterator[None]:
    """Another session locks a table for most of each second, so that each report waits."""
    locking = asyncio.create_task(_lock_again_and_again(service))
    try:
        yield
    finally:
        locking.cancel()
        await asyncio.wait([locking])


async def _lock_again_and_again(service: Service) -> None:
    blocker = await asyncpg.connect(service.postgres)
    try:
        while True:
            async with blocker.transaction():
                await blocker.execute("lock table anlyt.metrics_hourly in access exclusive mode")
                await asyncio.sleep(0.75)
            await asyncio.sleep(0.1)
    finally:
        await blocker.close()
