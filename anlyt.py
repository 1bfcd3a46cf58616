"""The front door: the command line of the product."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click

from infra.errors import AnlytError
from infra.settings import Settings, read_settings

C = TypeVar("C", bound=Callable[..., Any])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="anlyt")
def cli() -> None:
    """Exact analytics for an SMS gateway platform.

    \b
    Example:
      anlyt dev --demo      everything on this machine, with traffic to look at
    """


def command(name: str, *, group: click.Group = cli) -> Callable[[C], click.Command]:
    """A command that also takes --debug."""
    debug = click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")

    def wrap(function: C) -> click.Command:
        return group.command(name)(debug(function))

    return wrap


def _settings() -> Settings:
    from infra.telemetry import configure_logs, configure_traces

    settings = read_settings(os.environ)
    configure_logs(settings.log_format)
    configure_traces(settings.otlp_endpoint)
    return settings


def _until_signal(coroutine: Coroutine[Any, Any, None]) -> None:
    from commands.signals import run

    run(coroutine)


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
    from commands import dev as dev_

    _until_signal(dev_.run(_settings(), with_demo=demo, with_s3=s3))


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

    settings = _settings()
    if check:
        lines = migrate_.check(engines(settings))
    else:
        lines = migrate_.apply(engines(settings), settings.reporting_currency, settings.clickhouse_cluster)

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

    _until_signal(api_.run(_settings(), click.echo))


@command("audit-api")
def audit_api() -> None:
    """Serve audit queries and exports to the regulator's portal, over mTLS on ANLYT_AUDIT_PORT.

    \b
    Example:
      ANLYT_TLS_CERT=tls.pem ANLYT_TLS_KEY=tls.key ANLYT_TLS_CLIENT_CA=regulator-ca.pem anlyt audit-api
    """
    from commands import audit

    _until_signal(audit.run(_settings(), click.echo))


@cli.group("audit")
def audit() -> None:
    """Evidence that compliance facts are what they were.

    \b
    Example:
      anlyt audit verify
    """


@command("verify", group=audit)
@click.option("--from", "first", metavar="DAY", help="First UTC day, as 2026-10-01; else the first of all.")
@click.option("--to", "last", metavar="DAY", help="Last UTC day; else the last that is closed.")
@click.option("--anchor", metavar="LINK:HASH", help="A link that was noted earlier: it has to be there still.")
@click.option("--json", "as_json", is_flag=True, help="Differences as JSON, one object a line.")
def audit_verify(first: str | None, last: str | None, anchor: str | None, as_json: bool) -> None:
    """Compute the hash chain again, from the facts.

    Every link is checked, and the facts of each day. A line tells what differs; status 1 if anything does.

    \b
    Example:
      anlyt audit verify --from 2026-10-01 --to 2026-10-31
    """
    from commands import audit_verify as verify
    from commands.arguments import read_day

    days = read_day("--from", first), read_day("--to", last)
    noted = verify.read_anchor(anchor)
    asyncio.run(verify.run(_settings(), days, noted, as_json=as_json))


@command("ingest")
@click.option("--function", "functions", multiple=True, metavar="NAME", help="Only this one; may be given again.")
def ingest(functions: tuple[str, ...]) -> None:
    """Run the function host: all functions, or the named ones.

    \b
    Example:
      anlyt ingest --function billing_metrics
    """
    from commands import ingest as ingest_

    _until_signal(ingest_.run(_settings(), functions, click.echo))


@command("schedule")
@click.option("--pipeline", "pipelines", multiple=True, metavar="NAME", help="Only this one; may be given again.")
def schedule(pipelines: tuple[str, ...]) -> None:
    """Run the pipelines at their times, and at the start what was missed: all of them, or the named ones.

    \b
    Example:
      anlyt schedule
    """
    from commands import schedule as schedule_

    _until_signal(schedule_.run(_settings(), pipelines, click.echo))


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
    """Run one pipeline now: rollup, cubes, quality, reconciliation, archive, integrity or maintenance.

    Status 1 if it fails, is running in another process already, or found what a human has to look at.

    \b
    Example:
      anlyt pipeline cubes --param chunk=100
    """
    from commands import pipeline as pipeline_

    _until_signal(pipeline_.run(_settings(), name, params, click.echo))


@command("backfill")
@click.argument("function")
@click.option("--since", metavar="TIME", help="Only what was stored from then on, as 2026-10-01T00:00:00Z.")
@click.option("--rebuild", is_flag=True, help="Count into new tables and swap them in; TIME is an hour of events then.")
def backfill(function: str, since: str | None, rebuild: bool) -> None:
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
    _until_signal(backfill_.run(_settings(), function, begin, rebuild=rebuild))


@cli.group("deadletters")
def deadletters() -> None:
    """Events that could not be counted.

    \b
    Example:
      anlyt deadletters list
    """


@command("list", group=deadletters)
def deadletters_list() -> None:
    """List all letters, oldest first.

    \b
    Example:
      anlyt deadletters list
    """
    from commands import deadletters as letters

    asyncio.run(letters.show_all(_settings()))


@command("show", group=deadletters)
@click.argument("id", type=click.IntRange(min=1))
def deadletters_show(id: int) -> None:  # noqa: A002 - the argument's name in the help text
    """Show one letter as JSON; values outside the event contract are masked.

    \b
    Example:
      anlyt deadletters show 7
    """
    from commands import deadletters as letters

    asyncio.run(letters.show(_settings(), id))


_ids = click.argument("ids", metavar="ID...", type=click.IntRange(min=1), nargs=-1)
_all = click.option("--all", "all_", is_flag=True, help="Every letter.")


@command("replay", group=deadletters)
@_ids
@_all
def deadletters_replay(ids: tuple[int, ...], all_: bool) -> None:
    """Send the original events again, for every function that reads their stream.

    What was counted already is recognised. An event that is still bad gives a new letter.

    \b
    Example:
      anlyt deadletters replay 7 8
    """
    from commands import deadletters as letters
    from commands.arguments import check_ids

    check_ids(ids, all_=all_)
    asyncio.run(letters.replay(_settings(), ids))


@command("drop", group=deadletters)
@_ids
@_all
def deadletters_drop(ids: tuple[int, ...], all_: bool) -> None:
    """Delete letters for good.

    \b
    Example:
      anlyt deadletters drop --all
    """
    from commands import deadletters as letters
    from commands.arguments import check_ids

    check_ids(ids, all_=all_)
    asyncio.run(letters.drop(_settings(), ids))


def main() -> None:
    """Runs the command line; every failure is one sentence on stderr and a status of 1, or 2 for wrong usage."""
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
        found = _cause(error)
        told = str(found) if isinstance(found, AnlytError) else f"{type(found).__name__}: {found} (--debug tells more)"
        click.echo(f"anlyt: {told}", err=True)
        sys.exit(found.exit_status if isinstance(found, AnlytError) else 1)


def _cause(error: BaseException) -> BaseException:
    """The first error of a group: what failed first made the rest fail."""
    return _cause(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


if __name__ == "__main__":
    main()
