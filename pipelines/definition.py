"""What a pipeline is to those who run it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
from kedro.pipeline import Pipeline

from infra.telemetry import Span


class NoParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a pipeline that takes none."""


Counts: TypeAlias = Mapping[str, int]
"""What a run did, in numbers: the row in `anlyt.pipeline_runs` keeps them."""


@dataclass(frozen=True, slots=True)
class Definition:
    """`params` is a frozen msgspec struct whose fields have defaults; nodes get it as the input `run_params`.

    A pipeline may leave one output that is not in the catalog, named `<name>_counts`: Counts.
    """

    name: str
    span: Span
    make: Callable[[], Pipeline]
    params: type[msgspec.Struct] = NoParams
