"""`anlyt dev`: the whole service in one process, with embedded engines."""

import shlex
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

import click

from commands import api, audit_api, dev_engines
from commands.ingest import check_dedup, guards_of
from commands.support import demo_traffic, listener, status_lines
from commands.support.personas import personas
from functions import FUNCTIONS
from infra import nats
from infra.cancelling import until_cancelled
from infra.embedded.certificates import FOLDER, DevCertificates
from infra.endpoints import Endpoints, Engines, published
from infra.errors import UsageError
from infra.settings import Settings
from ingest import service
from ingest.limit import problems
from pipelines import schedule
from pipelines.stores import configured

COMPLETE: Final = "The week is complete. Live traffic goes on."
ADMIN: Final = "-H 'X-Caller: admin-dashboard'"
PORTAL: Final = "-H 'X-Caller: customer-portal' -H 'X-Tenant-Id: tenant-001' -H 'X-Account-Id: acc-0001'"
EXAMPLES: Final = (
    ("/v1/internal/analytics/summary?last=24h&granularity=daily", ADMIN),
    ("/v1/internal/analytics/top-operators?last=24h&limit=3", ADMIN),
    ("/v1/internal/analytics/throughput?last=3h&resolution=5m", ADMIN),
    ("/v1/internal/analytics/accounts/acc-0001/usage?last=7d", PORTAL),
)


async def run(settings: Settings, *, with_demo: bool, with_s3: bool = False) -> None:
    """Runs the service until cancelled, then closes its parts in reverse order, the engines last.

    Run `preflight.check` first. Raises FullDiskError when the disk is almost full.
    """
    async with AsyncExitStack() as opened:
        warnings = status_lines.show_only_warnings(settings)
        engines = await opened.enter_async_context(dev_engines.running(settings, with_s3=with_s3))
        guards = guards_of(settings, FUNCTIONS)
        metrics_url = opened.enter_context(
            listener.served(settings, fallback=False, problems=partial(problems, guards))
        )
        async with nats.connect(engines.nats) as client:
            await check_dedup(client, FUNCTIONS, settings.dedup_days)
        await opened.enter_async_context(service.running(engines, FUNCTIONS, settings.reporting_currency, guards))
        stores = await opened.enter_async_context(configured(settings, engines))
        api_url = await opened.enter_async_context(
            api.running(settings, engines, development=True, personas=personas(settings))
        )
        audit_url = await opened.enter_async_context(_audit(settings, engines))
        urls = (engines.nats, engines.postgres, engines.clickhouse, api_url, metrics_url, audit_url)
        endpoints = Endpoints(*urls, s3=engines.s3.dsn if engines.s3 else None)
        opened.enter_context(published(settings.home, endpoints))
        _announce(endpoints, settings, with_demo=with_demo)
        if with_demo:
            await opened.enter_async_context(
                demo_traffic.running(stores, settings.home, with_billing=settings.postgres_dsn is None)
            )
            click.echo(f"\n{COMPLETE}")
        # After the demo's history: earlier runs would compete with it, and compute parts of it twice.
        await opened.enter_async_context(schedule.running(stores))
        await opened.enter_async_context(status_lines.say_every_minute(warnings, partial(click.echo, err=True)))
        await until_cancelled()


@asynccontextmanager
async def _audit(settings: Settings, engines: Engines) -> AsyncIterator[str]:
    """The audit listener, with development certificates unless settings name others. Falls back to a free port."""
    if _has_own_certificates(settings):
        DevCertificates(settings.home / FOLDER).make(settings.audit_host)
        files = DevCertificates(settings.home / FOLDER).listener
    else:
        files = audit_api.tls_files(settings)
    async with AsyncExitStack() as opened:
        try:
            url = await opened.enter_async_context(audit_api.running(settings, engines, files, development=True))
        except UsageError as refusal:
            url = await opened.enter_async_context(
                audit_api.running(settings, engines, files, port=0, development=True)
            )
            click.echo(f"{refusal} Until then, the audit listens on {url}.")
        yield url


def _has_own_certificates(settings: Settings) -> bool:
    return not any((settings.tls_cert, settings.tls_key, settings.tls_client_ca))


def _announce(endpoints: Endpoints, settings: Settings, *, with_demo: bool) -> None:
    click.secho("\nanlyt is ready.\n", bold=True)
    if settings.pages:
        click.echo(f"  Open {endpoints.api}/ in a browser.\n")
    addresses = {
        "GraphiQL": f"{endpoints.api}/graphql",
        "OpenAPI": f"{endpoints.api}/openapi.json",
        "metrics": endpoints.metrics,
        "audit": f"{endpoints.audit} (only with a client's certificate)",
        "PostgreSQL": endpoints.postgres,
        "NATS": endpoints.nats,
        "ClickHouse": endpoints.clickhouse,
        "S3": endpoints.s3,
    }
    dev_engines.show(addresses)
    if with_demo:
        click.echo("\nTry, in another terminal:\n")
        for path, identity in EXAMPLES:
            click.echo(f"  curl -sS {identity} '{endpoints.api}{path}'")
    if _has_own_certificates(settings):
        click.echo("\nAs the regulator's portal:\n")
        for path in ("query", "exports") if endpoints.s3 else ("query",):
            click.echo(f"  {_audit_example(endpoints, settings, path)}")
    click.echo("\nCtrl-C stops everything.")
    if with_demo:
        click.echo("\nA week of traffic arrives now, the last day first; figures grow until it is complete.\n")


def _audit_example(endpoints: Endpoints, settings: Settings, path: str) -> str:
    """A curl command that works in any folder, quoted for the shell: a path may contain spaces."""
    files = DevCertificates(settings.home.absolute() / FOLDER)
    certificate, key = files.client
    limit = ', "limit": 2' if path == "query" else ""
    body = f'{{"tenantId": "tenant-001", "last": "24h"{limit}}}'
    credentials = ("--cacert", str(files.authority), "--cert", str(certificate), "--key", str(key))
    url, kind = f"{endpoints.audit}/v1/audit/{path}", "Content-Type: application/json"
    return shlex.join(["curl", "-sS", *credentials, "-H", kind, url, "-d", body])
