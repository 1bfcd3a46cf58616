"""Exports of queries: clients request and follow them over the API; its process writes them in the background."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Final

from graph.access.addenda_log import UnmaskingLog
from graph.access.budget import Budget
from graph.access.cursors import CursorKey
from graph.access.pseudonyms import Pseudonyms
from graph.dsl.execute import STREAM_SECONDS
from graph.dsl.extracts import Extracts
from graph.dsl.freshness import ProgressSnapshots
from graph.exports.keys import ManifestKey
from graph.exports.objects import Objects
from graph.exports.runner import Pace, Runner
from graph.rest.exports.exports import Exports
from graph.rest.exports.jobs import QueryJobs
from graph.rest.exports.writer import Writer
from infra.clickhouse import open_clickhouse
from infra.endpoints import Engines
from infra.metrics import EXPORTS
from infra.postgres import Pool
from infra.settings import Settings
from infra.tiers import QUERY_EXPORTS

KEYS: Final = "anlyt.query_export_signing_key"
PUT_TIMEOUT: Final = 60  # seconds for a file of 32 MB


@asynccontextmanager
async def running(
    settings: Settings, engines: Engines, primary: Pool, budget: Budget, snapshots: ProgressSnapshots, pace: Pace
) -> AsyncIterator[Exports | None]:
    """Writes exports while the body runs, unless the settings leave that to others. Yields None without S3."""
    if engines.s3 is None:
        yield None
        return
    jobs, key = QueryJobs(primary, timedelta(seconds=pace.lease)), ManifestKey(primary, None, KEYS)
    objects = Objects(engines.s3, QUERY_EXPORTS, PUT_TIMEOUT)
    async with AsyncExitStack() as opened:
        clickhouse = await opened.enter_async_context(
            open_clickhouse(engines.clickhouse, statement_timeout=STREAM_SECONDS + 30)
        )
        extracts = Extracts(clickhouse, Pseudonyms(primary), budget, snapshots)
        cursors, unmaskings = CursorKey(primary, settings.signing_key), UnmaskingLog(primary)
        exports = Exports(settings, jobs, extracts, objects, key, cursors, unmaskings)
        if not settings.export_writer:
            yield exports
            return
        writer = Writer(settings, jobs, extracts, objects, key, pace.rows_per_file)
        working = asyncio.create_task(Runner(jobs, writer.write, objects, pace, EXPORTS).run())
        try:
            yield exports
        finally:
            working.cancel()
            await asyncio.wait([working])
