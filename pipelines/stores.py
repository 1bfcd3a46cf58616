"""The stores of pipelines: opened in a composition root, shared by all runs of a process."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from infra.clickhouse import ClickHouse, open_clickhouse
from infra.endpoints import Engines
from infra.postgres import Pool, open_pool
from infra.settings import Settings

CONNECTIONS: Final = 4
# Seconds. A pipeline's statements do bounded work; one that takes this long waits for a server that hangs.
STATEMENT_TIMEOUT: Final = 300.0


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores and settings of runs. Connections are opened when they are first needed.

    `engines`: addresses, for a connection of one's own. `dedup_days`: ANLYT_DEDUP_DAYS, 0 without limit, None if unset.
    `integrity_lag`: ANLYT_INTEGRITY_LAG_HOURS.
    """

    engines: Engines
    postgres: Pool
    clickhouse: ClickHouse
    dedup_days: int | None
    integrity_lag: timedelta


@asynccontextmanager
async def open_stores(
    engines: Engines, *, dedup_days: int | None = 0, integrity_lag_hours: int = 24
) -> AsyncIterator[Stores]:
    """Opens the stores and closes them after the body."""
    async with AsyncExitStack() as opened:
        yield Stores(
            engines,
            await opened.enter_async_context(
                open_pool(engines.postgres, size=CONNECTIONS, statement_timeout=STATEMENT_TIMEOUT)
            ),
            await opened.enter_async_context(open_clickhouse(engines.clickhouse, statement_timeout=STATEMENT_TIMEOUT)),
            dedup_days,
            timedelta(hours=integrity_lag_hours),
        )


def configured(settings: Settings, engines: Engines) -> AbstractAsyncContextManager[Stores]:
    """Opens the stores with a process's settings."""
    return open_stores(engines, dedup_days=settings.dedup_days, integrity_lag_hours=settings.integrity_lag_hours)
