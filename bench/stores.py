"""Empty, migrated engines for one benchmark."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import asyncpg

from commands import migrate
from infra.embedded.engine import Engine
from infra.embedded.stack import stack
from infra.endpoints import Engines
from infra.postgres import Connection
from infra.s3 import S3
from infra.telemetry import configure_logs
from pipelines import runs
from pipelines.stores import open_stores


@dataclass(frozen=True, slots=True)
class Stores:
    """The running engines of one benchmark."""

    nats: Engine
    postgres: Engine
    clickhouse: Engine

    def settings(self) -> dict[str, str]:
        """The settings of a product process that uses these engines and listens on free ports."""
        return {
            "ANLYT_NATS_URL": self.nats.url,
            "ANLYT_POSTGRES_DSN": self.postgres.url,
            "ANLYT_CLICKHOUSE_DSN": self.clickhouse.url,
            "ANLYT_API_PORT": "0",
            "ANLYT_METRICS_PORT": "0",
        }

    @property
    def addresses(self) -> Engines:
        return Engines(self.nats.url, self.postgres.url, self.clickhouse.url)

    async def run_pipelines(self, *names: str, params: Mapping[str, str] = MappingProxyType({})) -> None:
        """Runs pipelines one after the other, as the scheduler does."""
        configure_logs("text")
        async with open_stores(self.addresses) as opened:
            for name in names:
                await runs.run(opened, name, params)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        connection = await asyncpg.connect(self.postgres.url)
        try:
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def stores(folder: Path, s3: S3 | None = None) -> AsyncIterator[Stores]:
    """Starts the engines in `folder` and migrates them. ClickHouse moves cold parts to `s3`, if given."""
    async with AsyncExitStack() as opened:
        started = (await opened.enter_async_context(stack(folder, s3=s3))).engines
        engines = Engines(started["nats"].url, started["postgres"].url, started["clickhouse"].url)
        async for _ in migrate.apply(engines, "USD", None):
            pass
        yield Stores(started["nats"], started["postgres"], started["clickhouse"])
