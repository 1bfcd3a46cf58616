"""Commands that do their work once: `migrate`, `pipeline`, `backfill`."""

import asyncio

import click

from commands.cli.arguments import read_time
from commands.cli.group import command, settings, until_signal


@command("migrate")
@click.option("--check", is_flag=True, help="Only tell what is missing; status 1 if anything is.")
def migrate(check: bool) -> None:
    """Bring PostgreSQL, ClickHouse and the streams to this version.

    \b
    Example:
      ANLYT_POSTGRES_DSN=postgresql://anlyt@db/anlyt anlyt migrate --check
    """
    from commands import migrate as migrate_
    from infra.endpoints import engines

    found = settings()
    if check:
        lines = migrate_.check(engines(found))
    else:
        lines = migrate_.apply(engines(found), found.reporting_currency, found.clickhouse_cluster)

    async def show() -> None:
        async for line in lines:
            click.echo(line)

    asyncio.run(show())


def _pairs(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> dict[str, str]:
    """("a=1", "b=2") -> {"a": "1", "b": "2"}."""
    for word in words:
        if not word.partition("=")[0] or "=" not in word:
            raise click.BadParameter(f"{word!r} is not of the form name=value.")
    return dict(word.split("=", 1) for word in words)


@command("pipeline")
@click.argument("name")
@click.option("--param", "params", multiple=True, callback=_pairs, metavar="NAME=VALUE", help="May be given again.")
def pipeline(name: str, params: dict[str, str]) -> None:
    """Run one pipeline now: rollup, cubes, copies, quality, reconciliation, archive, integrity or maintenance.

    While it runs in another process, this waits for a minute. Status 1 if it fails, still runs elsewhere, or found
    what a human has to look at.

    \b
    Example:
      anlyt pipeline cubes --param chunk=100
    """
    from pipelines import run_now

    until_signal(run_now.run(settings(), name, params))


@command("backfill")
@click.argument("function")
@click.option("--since", metavar="TIME", help="Only what was stored from then on, as 2026-10-01T00:00:00Z.")
@click.option("--rebuild", is_flag=True, help="Count into new tables and swap them in; TIME is an hour of events then.")
@click.option("--accept-bad", is_flag=True, help="Go on however many messages are bad.")
def backfill(function: str, since: str | None, rebuild: bool, accept_bad: bool) -> None:
    """Count again what a stream still has.

    What FUNCTION counted already is recognised, also while its workers run. With --rebuild, everything is counted anew
    and takes the place of what was stored: for an algorithm that changed, or events that were forgotten.

    \b
    Example:
      anlyt backfill billing_metrics --since 2026-10-01T00:00:00Z
    """
    from commands import backfill as backfill_

    begin = read_time("--since", since)
    until_signal(backfill_.run(settings(), function, begin, rebuild=rebuild, accept_bad=accept_bad))
