"""The definition of a pipeline: its name, times, nodes and parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
from kedro.pipeline import Pipeline

from pipelines.times import Times


class NoParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parameters of a pipeline that has none."""


Counts: TypeAlias = Mapping[str, int]
"""The counts of a run's work, by name. Its row in `anlyt.pipeline_runs` keeps them."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A pipeline that can be run and scheduled.

    `times`: when it runs. `retries`: how often a CronJob tries again within minutes.

    `params`: a frozen msgspec struct whose fields have defaults; nodes get it as the input `run_params`. A pipeline may
    have two outputs that are not in the catalog: `<name>_counts` (Counts) and `<name>_alarm`. The alarm is one sentence
    if the run succeeded and found something that a human has to look at, else empty.
    """

    name: str
    times: Times
    make: Callable[[], Pipeline]
    params: type[msgspec.Struct] = NoParams
    retries: int = 2

    @property
    def span(self) -> str:
        """The trace span of a run."""
        return f"anlyt.pipeline.{self.name}"
