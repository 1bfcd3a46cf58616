"""Stores for pipelines on real engines, and the stored runs."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from infra.embedded.postgres import BILLING
from infra.endpoints import Engines
from pipelines.stores import Stores, open_stores

NOBODY_NATS = "nats://127.0.0.1:1"
NOBODY_CLICKHOUSE = "http://default@127.0.0.1:1/anlyt"


@asynccontextmanager
async def stores_of(
    postgres: str, clickhouse: str = NOBODY_CLICKHOUSE, nats: str = NOBODY_NATS, dedup_days: int | None = 0
) -> AsyncIterator[Stores]:
    """Yields stores, with billing-service's table. Engines without an address are unreachable."""
    async with open_stores(Engines(nats, postgres, clickhouse), dedup_days=dedup_days) as stores:
        await stores.postgres.execute(BILLING)
        yield stores


async def runs_of(stores: Stores, name: str) -> Sequence[Any]:
    """The stored runs of a pipeline, oldest first."""
    rows: Sequence[Any] = await stores.postgres.fetch(
        "select id, status, counts::text, error from anlyt.pipeline_runs where name = $1 order by id", name
    )
    return rows
