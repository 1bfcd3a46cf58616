"""The embedded engines of `anlyt dev`: starts those that no setting points at, and restarts them when they end."""

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
PAUSE: Final = 1  # second after a failed start


@asynccontextmanager
async def running(settings: Settings, *, with_s3: bool = False) -> AsyncIterator[Engines]:
    """Starts the missing engines in ANLYT_HOME, which must exist. Yields the addresses of all engines.

    Restarts an engine that dies, on the same port. S3 starts before ClickHouse, which reads its cold parts at the
    start, and stops after it. Raises UsageError.
    """
    check_installed(_missing(_configured(settings)))
    async with _s3(settings, with_s3=with_s3) as bucket, _stores(settings, bucket) as engines:
        yield engines


@asynccontextmanager
async def _s3(settings: Settings, *, with_s3: bool) -> AsyncIterator[s3.S3 | None]:
    """The S3 of the settings, else an embedded one if `with_s3` or an earlier run had one: it may have old parts."""
    configured = s3.from_settings(settings)
    folder = settings.home / S3_FOLDER
    if configured is not None and folder.exists():
        raise UsageError(f"ClickHouse in {settings.home} keeps old parts in {folder}; unset ANLYT_S3_ENDPOINT.")
    if configured is not None or not (with_s3 or folder.exists()):
        yield configured
        return
    check_installed(["s3"])
    async with s3_server(folder) as engine, _restarted([engine]):
        yield s3.from_dsn(engine.url)


@asynccontextmanager
async def _stores(settings: Settings, bucket: s3.S3 | None) -> AsyncIterator[Engines]:
    configured = _configured(settings)
    async with stack(settings.home, _missing(configured), bucket) as started, _restarted(started.engines.values()):
        urls = {name: url or started.engines[name].url for name, url in configured.items()}
        yield Engines(urls["nats"], urls["postgres"], urls["clickhouse"], bucket)


def _configured(settings: Settings) -> Mapping[EngineName, str | None]:
    return {"nats": settings.nats_url, "postgres": settings.postgres_dsn, "clickhouse": settings.clickhouse_dsn}


def _missing(configured: Mapping[EngineName, str | None]) -> frozenset[EngineName]:
    return frozenset(name for name, url in configured.items() if url is None)


@asynccontextmanager
async def _restarted(engines: Iterable[Engine]) -> AsyncIterator[None]:
    """Restarts engines that end while the body runs."""
    watchers = [asyncio.create_task(_restart_when_ended(engine)) for engine in engines]
    try:
        yield
    finally:
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)


async def _restart_when_ended(engine: Engine) -> None:
    while True:
        logger().warning("engine ended, starting it again", how=await engine.exited())
        while not engine.running:
            await _try_to_start(engine)


async def _try_to_start(engine: Engine) -> None:
    try:
        await engine.start()
    except (EngineFailedError, OSError) as error:
        logger().error("engine did not start, retrying", why=str(error))
        await asyncio.sleep(PAUSE)
