"""`anlyt dev --engines`: the engines alone, for those who write a producer or consumer."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

import click

from commands import migrate
from commands.support import engines as embedded
from commands.support import preflight, space, status_lines
from infra.cancelling import until_cancelled
from infra.endpoints import Endpoints, Engines, published
from infra.settings import Settings

NEXT: Final = """
In another terminal, in this folder, with anlyt and python of .venv/bin:

  anlyt events sample billing | anlyt events publish -
      publishes an event
  python examples/python/read_events.py {nats} BILLING_EVENTS
      reads it with a NATS client
  anlyt ingest
      counts what is published
  anlyt api
      serves the numbers

docs/producers.md is a walk through all of this. Ctrl-C stops the engines."""


@asynccontextmanager
async def running(settings: Settings, *, with_s3: bool) -> AsyncIterator[Engines]:
    """Starts the engines that no setting names, with streams and tables. Yields the addresses of all engines.

    Run `preflight.check` first. Raises FullDiskError when the disk is almost full.
    """
    async with AsyncExitStack() as opened:
        if preflight.starts_engines(settings):
            await opened.enter_async_context(space.watch_space(settings.home))
        click.echo(f"Starting NATS, PostgreSQL and ClickHouse in {settings.home} ...")
        engines = await opened.enter_async_context(embedded.running(settings, with_s3=with_s3))
        async for _ in migrate.apply(engines, settings.reporting_currency, settings.clickhouse_cluster):
            pass
        yield engines


def show(addresses: Mapping[str, str | None]) -> None:
    """Prints each address with its name; skips None."""
    for name, address in addresses.items():
        if address is not None:
            click.echo(f"  {name:<11} {address}")


async def run(settings: Settings, *, with_s3: bool = False) -> None:
    """Runs the engines, with streams and tables, until cancelled.

    Run `preflight.check` first. Raises FullDiskError when the disk is almost full.
    """
    async with AsyncExitStack() as opened:
        warnings = status_lines.show_only_warnings(settings)
        engines = await opened.enter_async_context(running(settings, with_s3=with_s3))
        endpoints = Endpoints(
            engines.nats, engines.postgres, engines.clickhouse, s3=engines.s3.dsn if engines.s3 else None
        )
        opened.enter_context(published(settings.home, endpoints))
        _announce(endpoints)
        await opened.enter_async_context(status_lines.say_every_minute(warnings, partial(click.echo, err=True)))
        await until_cancelled()


def _announce(endpoints: Endpoints) -> None:
    click.secho("\nThe engines are ready.\n", bold=True)
    addresses = {
        "NATS": endpoints.nats,
        "PostgreSQL": endpoints.postgres,
        "ClickHouse": endpoints.clickhouse,
        "S3": endpoints.s3,
    }
    show(addresses)
    click.echo(NEXT.format(nats=endpoints.nats))
