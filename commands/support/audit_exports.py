"""Audit exports: clients request and follow them over the listener; its process writes them in the background."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Final

from graph.access.cursors import CursorKey
from graph.audit.exports.exports import Exports
from graph.audit.exports.jobs import AuditJobs
from graph.audit.exports.warehouse import TIMEOUT, Warehouse
from graph.audit.exports.writer import Keep, Writer
from graph.dsl.execute import QueryEngine
from graph.dsl.freshness import FreshnessReader
from graph.exports.keys import ManifestKey
from graph.exports.objects import Objects
from graph.exports.runner import Pace, Runner
from infra.clickhouse import open_clickhouse
from infra.endpoints import Engines
from infra.metrics import AUDIT_EXPORTS
from infra.postgres import Pool
from infra.settings import Settings
from infra.tiers import EXPORTS

KEYS: Final = "anlyt.export_signing_key"


@asynccontextmanager
async def running(settings: Settings, engines: Engines, pool: Pool, pace: Pace) -> AsyncIterator[Exports | None]:
    """Writes exports while the body runs. Yields None without S3. Raises UsageError for an invalid signing key."""
    key = ManifestKey(pool, settings.export_signing_key, KEYS)
    if engines.s3 is None:
        yield None
        return
    jobs = AuditJobs(pool, timedelta(seconds=pace.lease))
    objects = Objects(engines.s3, EXPORTS)
    async with AsyncExitStack() as opened:
        clickhouse = await opened.enter_async_context(
            open_clickhouse(engines.clickhouse, statement_timeout=TIMEOUT + 30)
        )
        freshness, warehouse = FreshnessReader(QueryEngine(clickhouse)), Warehouse(clickhouse, pace.rows_per_file)
        keep = Keep(timedelta(days=settings.export_days), is_locked=settings.export_lock)
        writer = Writer(jobs, warehouse, objects, key, freshness, keep)
        working = asyncio.create_task(Runner(jobs, writer.write, objects, pace, AUDIT_EXPORTS).run())
        try:
            yield Exports(jobs, objects, key, CursorKey(pool, settings.signing_key))
        finally:
            working.cancel()
            await asyncio.wait([working])
