"""Something to see: traffic, requests, events that cannot be decoded, a PostgreSQL that keeps its writers waiting."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Final

import aiohttp
import asyncpg

from demo import billing, charging, delivery, feed
from demo.world import make_world
from infra import nats
from infra.endpoints import Endpoints

MESSAGES_A_SECOND: Final = 15.0  # beside those of the demo
BEFORE, HELD, AFTER = 150.0, 100.0, 200.0  # seconds: long enough for AnlytIngestLagHigh's line, and to see it pass
BROKEN: Final = ((billing.SUBJECT, b"{}"), (delivery.SUBJECT, b'{"schemaVersion": "9"}'), (charging.SUBJECT, b"{"))
ADMIN: Final = {"X-Caller": "admin-dashboard"}
REPORTS: Final = "/v1/internal/analytics"
PATHS: Final = (f"{REPORTS}/summary", f"{REPORTS}/top-operators", f"{REPORTS}/throughput", "/v1/insights/cost-quality")


async def drill(found: Endpoints) -> datetime:
    """Takes BEFORE + HELD + AFTER seconds; when it began."""
    began = datetime.now(UTC)
    under_way = [
        asyncio.create_task(each) for each in (_traffic(found.nats), _broken(found.nats), _requests(found.api))
    ]
    try:
        await asyncio.sleep(BEFORE)
        await _hold(found.postgres)
        await asyncio.sleep(AFTER)
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
    return began


async def _hold(dsn: str) -> None:
    """Readers go on, writers wait."""
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.execute("lock table anlyt.metrics_hourly in share mode")
        await asyncio.sleep(HELD)
    await connection.close()


async def _traffic(url: str) -> None:
    async with nats.connect(url) as client:
        await feed.run_live(client, make_world(), datetime.now(UTC), MESSAGES_A_SECOND)


async def _broken(url: str) -> None:
    rng = random.Random(8)  # noqa: S311  # no secret depends on it
    async with nats.connect(url) as client:
        while True:
            await asyncio.sleep(rng.expovariate(1 / 12))
            await client.publish(*rng.choice(BROKEN))


async def _requests(api: str) -> None:
    rng = random.Random(9)  # noqa: S311  # no secret depends on it
    async with aiohttp.ClientSession(api, headers=ADMIN) as session:
        while True:
            async with session.get(rng.choice(PATHS)) as answer:
                await answer.read()
            await asyncio.sleep(rng.expovariate(4))
