"""The embedded engines of `anlyt dev`: those that no setting points at, started, watched, and started again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from infra.embedded.engine import Engine
from infra.embedded.recipe import EngineName
from infra.embedded.stack import stack
from infra.endpoints import Engines
from infra.settings import Settings
from infra.telemetry import logger


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Engines]:
    """Addresses of all three engines. One that dies by itself is started again, on the same port."""
    given: dict[EngineName, str | None] = {
        "nats": settings.nats_url,
        "postgres": settings.postgres_dsn,
        "clickhouse": settings.clickhouse_dsn,
    }
    settings.home.mkdir(parents=True, exist_ok=True)
    async with stack(settings.home, frozenset(name for name, url in given.items() if url is None)) as started:
        keepers = [asyncio.create_task(_keep(engine)) for engine in started.engines.values()]
        found = {name: url or started.engines[name].url for name, url in given.items()}
        try:
            yield Engines(**found)
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)


async def _keep(engine: Engine) -> None:
    while True:
        logger().warning("engine ended, starting it again", how=await engine.exited())
        await engine.start()
