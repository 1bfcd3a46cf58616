"""where the stream is, and samples of facts -> signals that are due -> stream."""

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


# At second 5, the last facts of the minute before are there.
QUALITY = Definition("quality", EveryMinute(second=5), make)
