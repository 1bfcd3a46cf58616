"""What a pipeline is to those who run it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
from kedro.pipeline import Pipeline

from pipelines.times import Times


class NoParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a pipeline that takes none."""


Counts: TypeAlias = Mapping[str, int]
"""What a run did, in numbers: the row in `anlyt.pipeline_runs` keeps them."""


@dataclass(frozen=True, slots=True)
class Definition:
    """`times` and `retries` (how often a CronJob tries again within minutes) are stated here alone.

    `params` is a frozen msgspec struct whose fields have defaults; nodes get it as the input `run_params`.

    A pipeline may leave two outputs that are not in the catalog: `<name>_counts`, Counts, and `<name>_alarm`, one
    sentence if the run did its work and found what a human has to look at, else empty.
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
