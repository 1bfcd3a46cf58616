"""`anlyt audit-api`: the regulator's mTLS listener in a process of its own, or inside `anlyt dev`."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from commands.support import audit_exports, listener
from graph.access.budget import Budget
from graph.access.cursors import CursorKey
from graph.audit.app import create_audit_app
from graph.audit.audits import Audits
from graph.audit.tlog import log_routes
from graph.exports.runner import PACE, Pace
from graph.http.server import serving
from graph.web.audit_page import page_routes
from infra.cancelling import until_cancelled
from infra.clickhouse import ClickHouse, check_tables, open_clickhouse
from infra.embedded.certificates import FOLDER, DevCertificates
from infra.endpoints import Engines, engines, has_audit
from infra.errors import UsageError
from infra.postgres import Pool, open_pool
from infra.probes import raise_fault
from infra.s3 import open_store
from infra.s3_lock import check_lock
from infra.settings import Settings, variable
from infra.tiers import EXPORTS
from infra.tls import RenewedContext, TlsFiles
from schema.facts import FACTS_CDR, FACTS_COMPLIANCE

CONNECTIONS: Final = 4
QUERY_TIMEOUT: Final = 30  # seconds

REQUIRED: Final = ("tls_cert", "tls_key", "tls_client_ca")


async def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Serves audit queries, exports and `/metrics` until cancelled."""
    files = tls_files(settings)
    with listener.served(settings, fallback=True) as metrics_url:
        async with running(settings, engines(settings), files) as url:
            gc.freeze()  # or collections, which a page's rows trigger, would scan all imported modules
            say(f"audit-api: {url}; metrics at {metrics_url}")
            await until_cancelled()


@asynccontextmanager
async def running(
    settings: Settings,
    engines: Engines,
    files: TlsFiles,
    *,
    port: int | None = None,
    pace: Pace = PACE,
    development: bool = False,
) -> AsyncIterator[str]:
    """Serves audit queries while the body runs, and writes exports at `pace`. Yields the URL.

    `port`: overrides the setting's. Engines may be unavailable. Raises UsageError for unusable TLS files, and
    MisconfiguredError if an engine refuses what a setting says.
    """
    context = RenewedContext(files)
    async with AsyncExitStack() as opened:
        pool = await opened.enter_async_context(open_pool(engines.postgres, size=CONNECTIONS))
        clickhouse = await opened.enter_async_context(
            open_clickhouse(engines.clickhouse, statement_timeout=QUERY_TIMEOUT)
        )
        for check in _checks(settings, pool, clickhouse, engines):
            await raise_fault(check)
        budget = Budget(settings.query_concurrency, settings.query_rows_per_minute)
        audits = Audits(clickhouse, pool, CursorKey(pool, settings.signing_key), budget)
        exported = await opened.enter_async_context(audit_exports.running(settings, engines, pool, pace))
        pages = page_routes(settings, audits)
        app = create_audit_app(
            audits, settings.trust_domain, exported, log_routes(pool), pages, development=development
        )
        port = settings.audit_port if port is None else port
        yield await opened.enter_async_context(
            serving(app, settings.audit_host, port, tls=context, setting="ANLYT_AUDIT")
        )


def _checks(
    settings: Settings, pool: Pool, clickhouse: ClickHouse, engines: Engines
) -> Sequence[Callable[[], Awaitable[object]]]:
    """One check per engine, which raises an error if tables or bucket of the audit are missing."""

    async def has_facts() -> None:
        await check_tables(await clickhouse.client(), (FACTS_COMPLIANCE, FACTS_CDR))

    async def has_bucket() -> None:
        if engines.s3 is not None:
            async for _ in open_store(engines.s3).list(EXPORTS, chunk_size=1):
                break
            if settings.export_lock:
                await check_lock(engines.s3)

    return partial(pool.fetchval, "select 'anlyt.audit_access_log'::regclass"), has_facts, has_bucket


def tls_files(settings: Settings) -> TlsFiles:
    """The TLS files of the settings, else of a running `anlyt dev`. Raises UsageError with the missing setting."""
    paths = {name: getattr(settings, name) for name in (*REQUIRED, "tls_client_crl")}
    if not any(paths.values()) and has_audit(settings.home):
        return DevCertificates(settings.home / FOLDER).listener
    missing = [variable(name) for name in REQUIRED if paths[name] is None]
    if missing:
        raise UsageError(f"{missing[0]} is not set; the audit listener needs {', '.join(map(variable, REQUIRED))}.")
    return TlsFiles(**{name: Path(path) for name, path in paths.items() if path is not None})
