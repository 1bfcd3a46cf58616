"""`kedro run` of this project. It does the same as `anlyt pipeline`, so every run has a lease, a row and metrics."""

import asyncio
import logging.config
import os

import click
import msgspec

from infra.environment import forget_foreign
from infra.errors import AnlytError
from infra.faults import fault_of
from infra.settings import read_settings
from infra.telemetry import configure_logs, configure_traces
from pipelines import CONF, run_now
from pipelines.pairs import read_pair


@click.group(name="anlyt")
def cli() -> None:
    """Commands of this project."""


def pairs(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> dict[str, str]:
    """Parses pairs: ("a=1,b:2", "c=3") -> {"a": "1", "b": "2", "c": "3"}. Kedro accepts colons, too."""
    return dict(read_pair(word, "=" if "=" in word else ":") for word in filter(None, ",".join(words).split(",")))


@cli.command()
@click.option("--pipeline", "-p", required=True, metavar="NAME", help="Name of the registered pipeline to run.")
@click.option("--params", multiple=True, callback=pairs, metavar="NAME=VALUE,...", help="Its parameters.")
def run(pipeline: str, params: dict[str, str]) -> None:
    """Run one pipeline, with the settings that `anlyt` has, as `anlyt pipeline` does."""
    try:
        asyncio.run(_run(pipeline, params))
    except Exception as error:  # classified by fault_of; all others are raised
        reported = fault_of(error) or error
        if not isinstance(reported, AnlytError):
            raise
        click.echo(f"anlyt: {reported}", err=True)
        raise SystemExit(reported.exit_status) from error


async def _run(name: str, params: dict[str, str]) -> None:
    forget_foreign(os.environ)
    settings = read_settings(os.environ)
    logging.config.dictConfig(msgspec.yaml.decode((CONF / "logging.yml").read_bytes()))
    configure_logs(settings.log_format)
    configure_traces(settings.otlp_endpoint)
    await run_now.run(settings, name, params)
