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
    """Until the run is over; says what it did. An alarm is raised after that."""
    runs.order(name, params)  # before any engine is asked for
    async with configured(settings, engines(settings)) as stores:
        try:
            click.echo(runs.in_words(name, await runs.run(stores, name, params, patience=PATIENCE)))
        except runs.PipelineAlarmError as alarm:
            click.echo(runs.in_words(name, alarm.counts))
            raise
