"""The embedded engines of `anlyt dev`: those that no setting points at, started, watched, and started again."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from infra import s3
from infra.embedded.engine import Engine
from infra.embedded.recipe import EngineName
from infra.embedded.s3 import s3_server
from infra.embedded.stack import stack
from infra.embedded.wheels import check_installed
from infra.endpoints import Engines
from infra.errors import EngineFailedError, UsageError
from infra.settings import Settings
from infra.telemetry import logger

S3_FOLDER: Final = "s3"  # in ANLYT_HOME
PAUSE: Final = 1  # second, after a start that failed


@asynccontextmanager
async def running(settings: Settings, *, with_s3: bool = False) -> AsyncIterator[Engines]:
    """Addresses of all engines, in a home that is there. One that dies is started again, on the same port. UsageError.

    S3 is there before ClickHouse, which reads its cold parts when it starts, and outlives it.
    """
    check_installed(_missing(_given(settings)))
    async with _s3(settings, with_s3=with_s3) as bucket, _stores(settings, bucket) as engines:
        yield engines


@asynccontextmanager
async def _s3(settings: Settings, *, with_s3: bool) -> AsyncIterator[s3.S3 | None]:
    """That of the settings; else one of our own if it is asked for, and whenever it was before: it may have parts."""
    given = s3.from_settings(settings)
    ours = settings.home / S3_FOLDER
    if given is not None and ours.exists():
        raise UsageError(f"ClickHouse in {settings.home} keeps old parts in {ours}; unset ANLYT_S3_ENDPOINT.")
    if given is not None or not (with_s3 or ours.exists()):
        yield given
        return
    check_installed(["s3"])
    async with s3_server(ours) as engine, _kept([engine]):
        yield s3.from_dsn(engine.url)


@asynccontextmanager
async def _stores(settings: Settings, bucket: s3.S3 | None) -> AsyncIterator[Engines]:
    given = _given(settings)
    async with stack(settings.home, _missing(given), bucket) as started, _kept(started.engines.values()):
        found = {name: url or started.engines[name].url for name, url in given.items()}
        yield Engines(found["nats"], found["postgres"], found["clickhouse"], bucket)


def _given(settings: Settings) -> Mapping[EngineName, str | None]:
    return {"nats": settings.nats_url, "postgres": settings.postgres_dsn, "clickhouse": settings.clickhouse_dsn}


def _missing(given: Mapping[EngineName, str | None]) -> frozenset[EngineName]:
    return frozenset(name for name, url in given.items() if url is None)


@asynccontextmanager
async def _kept(engines: Iterable[Engine]) -> AsyncIterator[None]:
    keepers = [asyncio.create_task(_keep(engine)) for engine in engines]
    try:
        yield
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)


async def _keep(engine: Engine) -> None:
    while True:
        logger().warning("engine ended, starting it again", how=await engine.exited())
        while not engine.running:
            await _try_to_start(engine)


async def _try_to_start(engine: Engine) -> None:
    try:
        await engine.start()
    except (EngineFailedError, OSError) as error:
        logger().error("engine did not start, trying again", why=str(error))
        await asyncio.sleep(PAUSE)
