"""Publishes the signals that the stream lacks."""

from kedro.pipeline import Pipeline, node

from pipelines.definition import Definition
from pipelines.quality.nodes import due
from pipelines.times import EveryMinute


def make() -> Pipeline:
    return Pipeline(
        [
            node(
                due,
                ["quality_position", "quality_samples"],
                ["quality_stream", "quality_counts"],
                name="publish_due_signals",
            ),
        ]
    )


# By second 5, ingest has stored the last facts of the minute before.
QUALITY = Definition("quality", EveryMinute(second=5), make)
