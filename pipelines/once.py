"""One run, now, for whoever asked for it at a terminal: `anlyt pipeline` and `kedro run`."""

from collections.abc import Mapping
from typing import Final

import click

from infra.endpoints import engines
from infra.settings import Settings
from pipelines import runs
from pipelines.stores import configured

PATIENCE: Final = 60.0  # seconds, for the same pipeline's run in another process


async def run(settings: Settings, name: str, params: Mapping[str, str]) -> None:
    """Until the run is over. What it did goes to stdout; an alarm, which is no failure of the run, to stderr."""
    runs.order(name, params)  # before any engine is asked for
    async with configured(settings, engines(settings)) as stores:
        try:
            counts = await runs.run(stores, name, params, patience=PATIENCE)
        except runs.PipelineAlarmError as alarm:
            counts = alarm.counts
            click.echo(f"anlyt: {alarm}", err=True)
        click.echo(runs.told(name, counts))
