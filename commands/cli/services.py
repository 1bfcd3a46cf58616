"""Commands that run until a signal stops them: `dev`, `api`, `audit-api`, `ingest`, `schedule`, `witness`."""

import asyncio
from functools import partial

import click

from commands.cli.group import command, settings, until_signal


@command("dev")
@click.option("--demo", is_flag=True, help="Add synthetic traffic: a week of history, then live.")
@click.option(
    "--s3", is_flag=True, help="Start S3, too, for exports and old facts. It then starts with each later run."
)
@click.option("--engines", is_flag=True, help="Start the engines alone, for those who write a producer or consumer.")
def dev(demo: bool, s3: bool, engines: bool) -> None:
    """Run the whole service on this machine, with embedded engines.

    If a setting points at an engine, that engine is used and none is started. Ctrl-C stops everything. With --engines,
    `anlyt ingest`, `anlyt api` and all other commands in another terminal use these engines.

    \b
    Example:
      anlyt dev --demo
      anlyt dev --engines
    """
    from commands.support import preflight

    if engines and demo:
        raise click.UsageError("--engines starts no service that could count the traffic of --demo; give one of them.")
    values = settings()
    try:
        asyncio.run(preflight.check(values, with_demo=demo, with_service=not engines))
        # Imported after the check, because they import everything and take long.
        if engines:
            from commands import dev_engines

            running = dev_engines.run(values, with_s3=s3)
        else:
            from commands import dev as dev_

            running = dev_.run(values, with_demo=demo, with_s3=s3)
        until_signal(running, partial(click.echo, "\nStopping ..."))
    except KeyboardInterrupt:  # before anything was started; the exit status is the same as later
        return
    command = "make demo" if demo else "anlyt dev --engines" if engines else "anlyt dev"
    click.echo(preflight.farewell(values, command))


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
    from commands import audit_api

    until_signal(audit_api.run(settings(), click.echo))


@command("ingest")
@click.option("--function", "functions", multiple=True, metavar="NAME", help="Run only this function; repeatable.")
@click.option("--accept-bad", multiple=True, metavar="NAME", help="No dead-letter limit for this function; repeatable.")
def ingest(functions: tuple[str, ...], accept_bad: tuple[str, ...]) -> None:
    """Run the function host: all functions, or the named ones.

    A function stops when too many of its last messages are bad (ANLYT_DEADLETTER_SHARE); they stay in their stream.
    With --accept-bad it continues, and bad messages become dead letters.

    \b
    Example:
      anlyt ingest --function billing_metrics
    """
    from commands import ingest as ingest_

    until_signal(ingest_.run(settings(), functions, click.echo, accept_bad))


@command("schedule")
@click.option("--pipeline", "pipelines", multiple=True, metavar="NAME", help="Run only this pipeline; repeatable.")
def schedule(pipelines: tuple[str, ...]) -> None:
    """Run the pipelines at their times: all, or the named ones. Missed runs are made up for at the start.

    \b
    Example:
      anlyt schedule
    """
    from commands import schedule as schedule_

    until_signal(schedule_.run(settings(), pipelines, click.echo))


@command("witness")
@click.option(
    "--log", "logs", metavar="NAME+ID+KEY", multiple=True, required=True, help="A log's key; may be repeated."
)
@click.option("--name", default="localhost/witness", show_default=True, help="The witness's name. It never changes.")
@click.option("--folder", default="witness", show_default=True, help="Where its key and what it has signed are kept.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=3444, show_default=True, help="The port; 0 picks a free one.")
def witness(logs: tuple[str, ...], name: str, folder: str, host: str, port: int) -> None:
    """Sign checkpoints of transparency logs (C2SP tlog-witness), at a site that the logs' operators cannot change.

    A log that was rewritten gets no signature. Prints what goes into the log's ANLYT_WITNESSES. Losing the folder means
    that a rewritten log would be signed again; back it up.

    \b
    Example:
      anlyt witness --log "$(anlyt audit key)"
    """
    from pathlib import Path

    from commands import witness as witness_

    settings()  # of the log of this process
    until_signal(witness_.run(Path(folder), name, logs, host, port))
