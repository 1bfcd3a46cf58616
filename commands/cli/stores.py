"""Commands that end when their work is done: `migrate`, `pipeline`, `backfill`."""

import asyncio

import click

from commands.cli.arguments import read_time
from commands.cli.group import command, settings, until_signal


@command("migrate")
@click.option("--check", is_flag=True, help="Only report what is missing; status 1 if anything is.")
def migrate(check: bool) -> None:
    """Bring PostgreSQL, ClickHouse and the streams to this version.

    \b
    Example:
      ANLYT_POSTGRES_DSN=postgresql://anlyt@db/anlyt anlyt migrate --check
    """
    from commands import migrate as migrate_
    from infra.endpoints import engines

    values = settings()
    if check:
        lines = migrate_.check(engines(values))
    else:
        lines = migrate_.apply(engines(values), values.reporting_currency, values.clickhouse_cluster)

    async def show() -> None:
        async for line in lines:
            click.echo(line)

    asyncio.run(show())


def _pairs(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> dict[str, str]:
    """("a=1", "b=2") -> {"a": "1", "b": "2"}."""
    from pipelines.pairs import read_pair

    return dict(map(read_pair, words))


@command("pipeline")
@click.argument("name")
@click.option(
    "--param", "params", multiple=True, callback=_pairs, metavar="NAME=VALUE", help="A parameter; repeatable."
)
def pipeline(name: str, params: dict[str, str]) -> None:
    """Run cubes, copies, rollup, quality, crosscheck, reconciliation, archive, integrity, tlog or maintenance now.

    If another process runs it, this waits for up to a minute. Status 1 if the run fails, if the other process still
    runs it, or if a human has to look at its result.

    \b
    Example:
      anlyt pipeline cubes --param chunk=100
    """
    from pipelines import run_now

    until_signal(run_now.run(settings(), name, params))


@command("backfill")
@click.argument("function")
@click.option("--since", metavar="TIME", help="Only messages stored since then, such as 2026-10-01T00:00:00Z.")
@click.option("--rebuild", is_flag=True, help="Count into new tables and swap them in. TIME is then an event hour.")
@click.option("--after-failover", is_flag=True, help="From the position that PostgreSQL has: counts what it lost.")
@click.option("--accept-bad", is_flag=True, help="Continue however many messages are bad.")
def backfill(function: str, since: str | None, rebuild: bool, after_failover: bool, accept_bad: bool) -> None:
    """Count a stream's retained messages again.

    No event is counted twice, even while FUNCTION's workers run. With --rebuild, all events are counted anew, and the
    result replaces the stored figures: after a changed algorithm, or for events that the ledger has forgotten.

    \b
    Example:
      anlyt backfill billing_metrics --since 2026-10-01T00:00:00Z
    """
    from commands import backfill as backfill_

    begin = read_time("--since", since)
    replay = backfill_.run(
        settings(), function, begin, rebuild=rebuild, accept_bad=accept_bad, after_failover=after_failover
    )
    until_signal(replay)
