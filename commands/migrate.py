"""`anlyt migrate`: brings PostgreSQL, ClickHouse and the streams to this version."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from functions import FUNCTIONS
from infra import clickhouse, nats
from infra.consumers import check_streams, ensure_consumers
from infra.endpoints import Engines
from infra.errors import AnlytError
from infra.migrate import ClickHouseLedger, Ledger, PostgresLedger, StoreName, migrate, steps
from infra.postgres import Connection, as_unavailable, connect
from infra.reporting_currency import record_currency
from infra.tiering import tier, tierings
from schema.streams import STREAMS, Consumer

CONSUMERS: Final = [Consumer(function.stream, function.durable) for function in FUNCTIONS]
STATEMENT_TIMEOUT: Final = 86_400.0  # seconds; a step may compute a table from all facts


class PendingError(AnlytError):
    """`--check` found missing steps or streams."""


async def apply(engines: Engines, reporting_currency: str, cluster: str | None) -> AsyncIterator[str]:
    """Applies the missing steps, and creates missing streams and durable consumers. Yields one line for each.

    `cluster`: the ClickHouse cluster on whose servers DDL runs; None for a single server.
    """
    async with _ledgers(engines, cluster) as (connection, warehouse, ledgers):
        for store, ledger in ledgers.items():
            async for step in migrate(ledger, store):
                yield f"{store:<10} {step.name}: {'was there' if step.applied else 'applied'}"
        async for each in tier(warehouse, cluster):
            yield f"{'clickhouse':<10} tiers of {each.table}: {'were there' if each.applied else 'applied'}"
        await record_currency(connection, reporting_currency)
    async with nats.connect(engines.nats) as client:
        streams = await nats.ensure_streams(client.jetstream(), STREAMS)
        for name in [*streams, *await ensure_consumers(client.jetstream(), CONSUMERS)]:
            yield f"{'nats':<10} {name}: created"
        for warning in await check_streams(client.jetstream(), STREAMS):
            yield f"{'nats':<10} {warning}"


async def check(engines: Engines) -> AsyncIterator[str]:
    """Yields one line per step and missing stream. Raises PendingError at the end if any is missing."""
    pending = 0
    async with _ledgers(engines, None) as (_, warehouse, ledgers), nats.connect(engines.nats) as client:
        for store, ledger in ledgers.items():
            for step in await steps(ledger, store):
                pending += not step.applied
                yield f"{store:<10} {step.name}: {'was there' if step.applied else 'missing'}"
        for each in await tierings(warehouse):
            pending += not each.applied
            yield f"{'clickhouse':<10} tiers of {each.table}: {'were there' if each.applied else 'missing'}"
        for name in await nats.missing_streams(client.jetstream(), STREAMS):
            pending += 1
            yield f"{'nats':<10} {name}: missing"
        for warning in await check_streams(client.jetstream(), STREAMS):
            yield f"{'nats':<10} {warning}"
    if pending:
        raise PendingError(f"{pending} steps are missing; `anlyt migrate` applies them.")


@asynccontextmanager
async def _ledgers(
    engines: Engines, cluster: str | None
) -> AsyncIterator[tuple[Connection, AsyncClient, Mapping[StoreName, Ledger]]]:
    async with AsyncExitStack() as opened:
        with as_unavailable("PostgreSQL does not answer at ANLYT_POSTGRES_DSN."):
            connection = await connect(engines.postgres, application="anlyt migrate")
        opened.push_async_callback(connection.close)
        # The first step creates the database `anlyt`, so the connection names another one.
        warehouse = clickhouse.connect(engines.clickhouse, database="default", statement_timeout=STATEMENT_TIMEOUT)
        client = await opened.enter_async_context(warehouse)
        ledgers: dict[StoreName, Ledger] = {
            "postgres": PostgresLedger(connection),
            "clickhouse": ClickHouseLedger(client, cluster),
        }
        yield connection, client, ledgers
