"""Runs a pipeline now, from a terminal: `anlyt pipeline` and `kedro run`."""

from collections.abc import Mapping
from typing import Final

import click

from infra.endpoints import engines
from infra.settings import Settings
from pipelines import runs
from pipelines.stores import configured

PATIENCE: Final = 60.0  # seconds to wait for a run of the same pipeline in another process


async def run(settings: Settings, name: str, params: Mapping[str, str]) -> None:
    """Runs the pipeline and prints its counts. Raises PipelineAlarmError after that if the run ended with an alarm."""
    runs.parse_request(name, params)  # a wrong parameter is reported before any engine is needed
    async with configured(settings, engines(settings)) as stores:
        try:
            click.echo(runs.in_words(name, await runs.run(stores, name, params, patience=PATIENCE)))
        except runs.PipelineAlarmError as alarm:
            click.echo(runs.in_words(name, alarm.counts))
            raise
