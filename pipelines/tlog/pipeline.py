"""Logs what has no entry yet: the facts that arrived, then rows of other packages; then signs a checkpoint."""

from kedro.pipeline import Pipeline, node

from pipelines.definition import Definition
from pipelines.times import Every
from pipelines.tlog.nodes import each, summarise


def make() -> Pipeline:
    return Pipeline(
        [
            node(each, "tlog_due_periods", "tlog_periods", name="log_periods"),
            node(
                summarise,
                ["tlog_periods", "tlog_rows", "tlog_checkpoint", "tlog_published"],
                ["tlog_counts", "tlog_alarm"],
                name="sign_checkpoint",
            ),
        ]
    )


TLOG = Definition("tlog", Every(seconds=4 * 60), make)
