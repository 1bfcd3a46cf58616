"""All pipelines, by name. Kedro looks for this module."""

from collections.abc import Mapping
from typing import Final

from kedro.pipeline import Pipeline

from pipelines.archive.pipeline import ARCHIVE
from pipelines.copies.pipeline import COPIES
from pipelines.crosscheck.pipeline import CROSSCHECK
from pipelines.cubes.pipeline import CUBES
from pipelines.definition import Definition
from pipelines.integrity.pipeline import INTEGRITY
from pipelines.maintenance.pipeline import MAINTENANCE
from pipelines.quality.pipeline import QUALITY
from pipelines.reconciliation.pipeline import RECONCILIATION
from pipelines.rollup.pipeline import ROLLUP
from pipelines.tlog.pipeline import TLOG

DEFINITIONS: Final[Mapping[str, Definition]] = {
    definition.name: definition
    for definition in (
        CUBES,
        COPIES,
        ROLLUP,
        QUALITY,
        MAINTENANCE,
        INTEGRITY,
        TLOG,
        RECONCILIATION,
        ARCHIVE,
        CROSSCHECK,
    )
}


def register_pipelines() -> dict[str, Pipeline]:
    """All pipelines, for Kedro's own commands. `__default__` is all of them together."""
    made = {name: definition.make() for name, definition in DEFINITIONS.items()}
    return {**made, "__default__": sum(made.values(), Pipeline([]))}
