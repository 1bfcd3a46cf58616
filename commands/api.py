"""`anlyt api`: REST, GraphQL and pages in a process of their own, or inside `anlyt dev`."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Final, NamedTuple

from commands.support import listener, query_exports
from functions import FACTS, METRICS
from graph.access.budget import Budget
from graph.access.jwks import check_file
from graph.app import create_app
from graph.exports.runner import PACE, Pace
from graph.http.health import Probe, Probes
from graph.http.server import serving
from graph.reports.reading.prepare import prepare_reports
from graph.web.personas import Persona
from infra.cancelling import until_cancelled
from infra.clickhouse import ClickHouse, open_clickhouse
from infra.endpoints import Engines, engines
from infra.faults import POSTGRES
from infra.postgres import Connection, Pool, open_pool
from infra.probes import check_clickhouse, check_nats, check_postgres
from infra.progress import ProgressSnapshot, track_progress
from infra.reporting_currency import check_currency
from infra.settings import Settings, variable
from infra.zones import check_zones
from schema.streams import Consumer

CONNECTIONS: Final = 16
FIRST_CONNECTIONS: Final = 8
FEW_CONNECTIONS: Final = 4
LONGEST_OPENING: Final = 2.0  # seconds until requests are accepted, while PostgreSQL does not answer
# Seconds. Queries have shorter limits in ClickHouse; this one ends a request whose engine does not answer.
QUERY_TIMEOUT: Final = 30


async def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Serves REST, GraphQL and `/metrics` until cancelled."""
    with listener.served(settings, fallback=True) as metrics_url:
        async with running(settings, engines(settings), development=False) as url:
            gc.freeze()  # or collections, which a page's elements trigger, would scan all imported modules
            say(f"api: {url}; metrics at {metrics_url}")
            await until_cancelled()


@asynccontextmanager
async def running(
    settings: Settings,
    engines: Engines,
    *,
    development: bool,
    personas: Sequence[Persona] = (),
    pace: Pace = PACE,
) -> AsyncIterator[str]:
    """Serves REST, GraphQL and pages while the body runs, and writes exports at `pace`. Yields the API's URL.

    Reports read PostgreSQL; reports of old days and queries read ClickHouse. Raises UsageError for a wrong setting.
    """
    if settings.jwks is not None and "jwt" in settings.auth:
        check_file(settings.jwks)
    # The progress of consumers says nothing about replicas, which may lag.
    metrics_of = {} if settings.postgres_read_dsn else _METRICS
    facts_of = {} if settings.clickhouse_cluster else _FACTS
    closing, budget = asyncio.Event(), Budget(settings.query_concurrency, settings.query_rows_per_minute)

    def snapshots() -> Sequence[ProgressSnapshot]:
        return tuple(progress.snapshots) if facts_of else ()

    async with (
        _stores(settings, engines) as stores,
        track_progress(engines.nats, {**metrics_of, **facts_of}) as progress,
        query_exports.running(settings, engines, stores.primary, budget, snapshots, pace) as exports,
    ):
        app = create_app(
            settings,
            stores.pool,
            _probes(settings, stores, engines),
            clickhouse=stores.clickhouse,
            primary=stores.primary,
            development=development,
            progress=lambda: {name: progress.until[name] for name in metrics_of},
            snapshots=snapshots,
            budget=budget,
            exports=exports,
            closing=closing,
            personas=personas,
        )
        async with serving(app, settings.api_host, settings.api_port) as url:
            try:
                yield url
            finally:
                closing.set()


class _Stores(NamedTuple):
    """`pool` may be a replica's. `primary` is for access rights and for the API's few writes."""

    pool: Pool
    primary: Pool
    clickhouse: ClickHouse


@asynccontextmanager
async def _stores(settings: Settings, engines: Engines) -> AsyncIterator[_Stores]:
    dsn, setting = (engines.postgres, POSTGRES)
    if settings.postgres_read_dsn:
        dsn, setting = settings.postgres_read_dsn, variable("postgres_read_dsn")
    check = partial(_prepare, currency=settings.reporting_currency, seconds=settings.report_timeout)
    # The limit is long: a busy server may take its time to connect, and a ping detects an absent one.
    open_checked = partial(open_pool, connect_timeout=settings.report_timeout, check=check)
    async with (
        open_checked(dsn, size=CONNECTIONS, setting=setting) as pool,
        open_checked(engines.postgres, size=FEW_CONNECTIONS) as primary,
        open_clickhouse(engines.clickhouse, statement_timeout=QUERY_TIMEOUT) as clickhouse,
    ):
        opening = asyncio.create_task(_open_some(pool))
        await asyncio.wait([opening], timeout=LONGEST_OPENING)
        try:
            yield _Stores(pool, primary, clickhouse)
        finally:
            opening.cancel()


async def _prepare(connection: Connection, *, currency: str, seconds: int) -> None:
    """Checks the currency, and prepares the session for reports: a statement timeout, and generic plans.

    The server's timeout also ends the statements of a killed process. Plans of reports do not depend on the arguments;
    planning each request anew would take longer than running it.
    """
    await check_currency(connection, currency=currency)
    await connection.execute(f"set statement_timeout = {1000 * seconds}; set plan_cache_mode = force_generic_plan")


async def _open_some(pool: Pool) -> None:
    """Opens and prepares connections in advance, so that the first callers need not wait for them."""
    with suppress(Exception):  # callers get the error
        async with AsyncExitStack() as opened:
            for _ in range(FIRST_CONNECTIONS):
                await prepare_reports(await opened.enter_async_context(pool.acquire()))


def _probes(settings: Settings, stores: _Stores, engines: Engines) -> Probes:
    primary = {"postgresPrimary": Probe(partial(check_postgres, stores.primary), required=False)}
    return {
        "postgres": Probe(partial(check_postgres, stores.pool), required=True),
        **(primary if settings.postgres_read_dsn else {}),
        "clickhouse": Probe(partial(check_clickhouse, stores.clickhouse), required=False),
        "nats": Probe(partial(check_nats, engines.nats), required=False),
        "timezones": Probe(partial(check_zones, stores.clickhouse), required=False),
    }


_METRICS: Final = {each.name: Consumer(each.stream, each.durable) for each in METRICS}
_FACTS: Final = {each([]).table.name: Consumer(each.stream, each.durable) for each in FACTS}
