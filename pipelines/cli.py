"""`kedro run` of this project: the same as `anlyt pipeline`, so that no run goes without lease, row and metrics."""

import asyncio
import logging.config
import os

import click
import msgspec

from infra.endpoints import engines
from infra.errors import AnlytError
from infra.settings import read_settings
from infra.telemetry import configure_logs, configure_traces
from pipelines import CONF
from pipelines.runs import run as run_pipeline
from pipelines.stores import open_stores


@click.group(name="anlyt")
def cli() -> None:
    """Commands of this project."""


def pairs(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> dict[str, str]:
    """("a=1,b=2", "c=3") -> {"a": "1", "b": "2", "c": "3"}; as Kedro does, a colon may stand for the equals sign."""
    found: dict[str, str] = {}
    for word in ",".join(words).split(",") if words else ():
        key, sign, value = word.replace(":", "=", 1).partition("=") if "=" not in word else word.partition("=")
        if not (key and sign):
            raise click.BadParameter(f"{word!r} is not of the form name=value.")
        found[key] = value
    return found


@cli.command()
@click.option("--pipeline", "-p", required=True, metavar="NAME", help="Name of the registered pipeline to run.")
@click.option("--params", multiple=True, callback=pairs, metavar="NAME=VALUE,...", help="Its parameters.")
def run(pipeline: str, params: dict[str, str]) -> None:
    """Run one pipeline, with the settings that `anlyt` has, as `anlyt pipeline` does."""
    try:
        asyncio.run(_run(pipeline, params))
    except AnlytError as error:
        click.echo(f"anlyt: {error}", err=True)
        raise SystemExit(error.exit_status) from error


async def _run(name: str, params: dict[str, str]) -> None:
    settings = read_settings(os.environ)
    logging.config.dictConfig(msgspec.yaml.decode((CONF / "logging.yml").read_bytes()))
    configure_logs(settings.log_format)
    configure_traces(settings.otlp_endpoint)
    async with open_stores(engines(settings), dedup_days=settings.dedup_days) as stores:
        counts = await run_pipeline(stores, name, params)
        click.echo(f"{name}: done. {counts}")
