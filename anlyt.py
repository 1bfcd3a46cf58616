"""The front door: the command line of the product."""

import asyncio
import os
import sys
from io import TextIOWrapper

import click

from commands.audit_group import audit
from commands.deadletters_group import deadletters
from commands.front import cli, command, settings, until_signal
from infra.environment import forget_foreign, open_standard_streams
from infra.errors import AnlytError

__all__ = ["audit", "cli", "deadletters", "main"]


@command("dev")
@click.option("--demo", is_flag=True, help="A week of synthetic history, then live traffic.")
@click.option(
    "--s3", is_flag=True, help="An S3, too: exports of the audit, and old facts go there. Once, and for good."
)
def dev(demo: bool, s3: bool) -> None:
    """Run everything on this machine, with engines of its own.

    An engine that a setting points at is used instead of starting one. Ctrl-C stops everything.

    \b
    Example:
      anlyt dev --demo
    """
    from commands import preflight

    found = settings()
    asyncio.run(preflight.check(found, with_demo=demo))
    from commands import dev as dev_  # here, because it imports everything, and what is in the way is said before

    until_signal(dev_.run(found, with_demo=demo, with_s3=s3))


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


@command("api")
def api() -> None:
    """Serve GraphQL and REST on ANLYT_API_PORT.

    \b
    Example:
      ANLYT_API_PORT=8080 anlyt api
    """
    from commands import api as api_

    until_signal(api_.run(settings(), click.echo))


@command("audit-api")
def audit_api() -> None:
    """Serve audit queries and exports to the regulator's portal, over mTLS on ANLYT_AUDIT_PORT.

    \b
    Example:
      ANLYT_TLS_CERT=tls.pem ANLYT_TLS_KEY=tls.key ANLYT_TLS_CLIENT_CA=regulator-ca.pem anlyt audit-api
    """
    from commands import audit

    until_signal(audit.run(settings(), click.echo))


@command("ingest")
@click.option("--function", "functions", multiple=True, metavar="NAME", help="Only this one; may be given again.")
@click.option("--accept-bad", multiple=True, metavar="NAME", help="No dead-letter limit for it; may be given again.")
def ingest(functions: tuple[str, ...], accept_bad: tuple[str, ...]) -> None:
    """Run the function host: all functions, or the named ones.

    A function stops when too many of its last messages are bad (ANLYT_DEADLETTER_SHARE): they stay in their stream.
    With --accept-bad it goes on, and bad messages become dead letters.

    \b
    Example:
      anlyt ingest --function billing_metrics
    """
    from commands import ingest as ingest_

    until_signal(ingest_.run(settings(), functions, click.echo, accept_bad))


@command("schedule")
@click.option("--pipeline", "pipelines", multiple=True, metavar="NAME", help="Only this one; may be given again.")
def schedule(pipelines: tuple[str, ...]) -> None:
    """Run the pipelines at their times, and at the start what was missed: all of them, or the named ones.

    \b
    Example:
      anlyt schedule
    """
    from commands import schedule as schedule_

    until_signal(schedule_.run(settings(), pipelines, click.echo))


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
    from pipelines import once

    until_signal(once.run(settings(), name, params))


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
    from commands.arguments import read_time

    begin = read_time("--since", since)
    until_signal(backfill_.run(settings(), function, begin, rebuild=rebuild, accept_bad=accept_bad))


def main() -> None:
    """Runs the command line; every failure is one sentence on stderr and a status of 1, or 2 for wrong usage."""
    forget_foreign(os.environ)
    open_standard_streams()
    if isinstance(sys.stdout, TextIOWrapper):  # else a name that the terminal's encoding lacks would end the command
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(1)
    except Exception as error:  # the one place where an unforeseen error becomes a sentence
        if "--debug" in sys.argv:
            raise
        from infra.faults import fault_of  # here, because it imports the clients of all engines

        found = fault_of(error) or _cause(error)
        click.echo(f"anlyt: {_told(found)}", err=True)
        sys.exit(found.exit_status if isinstance(found, AnlytError) else 1)


def _told(error: BaseException) -> str:
    """One sentence; with the server's own reason if NATS refused something."""
    if isinstance(error, AnlytError):
        return str(error)
    from nats.errors import Error as NatsError

    from infra.refusals import reason

    if isinstance(error, NatsError):
        return f"NATS refused: {reason(error)} (--debug tells more)."
    from schema.masking import without_phone_numbers

    return f"{type(error).__name__}: {without_phone_numbers(str(error))} (--debug tells more)"


def _cause(error: BaseException) -> BaseException:
    """The first error of a group: what failed first made the rest fail."""
    return _cause(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


if __name__ == "__main__":
    main()
