"""`anlyt api`: REST and GraphQL in a process of their own, or inside `anlyt dev`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

from commands import metrics
from functions import FACTS, METRICS
from graph.app import create_app, serving
from graph.health import Probe
from infra.cancelling import for_ever
from infra.clickhouse import open_clickhouse
from infra.endpoints import Engines, engines
from infra.errors import DependencyUnavailableError, UsageError
from infra.migrate import check_currency
from infra.postgres import Connection, open_pool
from infra.probes import ask_clickhouse, ask_nats, ask_postgres
from infra.progress import Consumer, watched
from infra.settings import Settings
from infra.telemetry import logger

CONNECTIONS: Final = 16
FEW_CONNECTIONS: Final = 2
# A report takes milliseconds; after this many seconds PostgreSQL hangs, and the caller shall hear so within two.
STATEMENT_TIMEOUT: Final = 1.5
# The engine itself gives up earlier; this is for when it does not.
QUERY_TIMEOUT: Final = 30


async def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Until it is cancelled."""
    with metrics.served(settings, fallback=True) as metrics_url:
        async with running(settings, engines(settings), development=False) as url:
            say(f"api: {url}; metrics at {metrics_url}")
            await for_ever()


@asynccontextmanager
async def running(settings: Settings, engines: Engines, *, development: bool) -> AsyncIterator[str]:
    """Serves while the body runs; yields the API's URL. Reports need PostgreSQL; old days and queries, ClickHouse."""

    async def check(connection: Connection) -> None:
        try:
            await check_currency(connection, currency=settings.reporting_currency)
        except UsageError as error:  # to a caller it is all the same why there are no numbers
            logger().error("PostgreSQL cannot be used", why=str(error))
            raise DependencyUnavailableError("PostgreSQL is not ready to answer.") from error

    dsn = settings.postgres_read_dsn or engines.postgres
    async with AsyncExitStack() as opened:
        pool = await opened.enter_async_context(
            open_pool(dsn, size=CONNECTIONS, statement_timeout=STATEMENT_TIMEOUT, check=check)
        )
        # A replica cannot be written to; new pseudonyms are few.
        primary = await opened.enter_async_context(
            open_pool(engines.postgres, size=FEW_CONNECTIONS, statement_timeout=STATEMENT_TIMEOUT, check=check)
        )
        clickhouse = await opened.enter_async_context(
            open_clickhouse(engines.clickhouse, statement_timeout=QUERY_TIMEOUT)
        )
        probes = {
            "postgres": Probe(partial(ask_postgres, pool), required=True),
            "clickhouse": Probe(partial(ask_clickhouse, engines.clickhouse), required=False),
            "nats": Probe(partial(ask_nats, engines.nats), required=False),
        }
        # A replica may not show yet what is stored.
        closing = asyncio.Event()
        metrics_of = {} if settings.postgres_read_dsn else _METRICS
        facts_of = {} if settings.clickhouse_cluster else _FACTS
        async with watched(engines.nats, {**metrics_of, **facts_of}) as progress:
            app = create_app(
                settings,
                pool,
                probes,
                clickhouse=clickhouse,
                primary=primary,
                development=development,
                progress=lambda: {name: progress.until[name] for name in metrics_of},
                looks=lambda: tuple(progress.looks) if facts_of else (),
                closing=closing,
            )
            async with serving(app, settings.api_host, settings.api_port) as url:
                try:
                    yield url
                finally:
                    closing.set()


_METRICS: Final = {each.name: Consumer(each.stream, each.durable) for each in METRICS}
_FACTS: Final = {each([]).table.name: Consumer(each.stream, each.durable) for each in FACTS}
