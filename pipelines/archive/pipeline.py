"""old days -> moved one by one -> empty months dropped."""

from kedro.pipeline import Pipeline, node

from pipelines.archive.nodes import count, plan, tidy
from pipelines.definition import Definition
from pipelines.times import Daily


def make() -> Pipeline:
    return Pipeline(
        [
            node(plan, "archive_old_days", "archive_moved_days", name="move_old_days"),
            node(
                tidy, ["archive_moved_days", "archive_partitions"], "archive_empty_partitions", name="drop_old_months"
            ),
            node(count, "archive_moved_days", "archive_counts", name="count_moved_days"),
        ]
    )


ARCHIVE = Definition("archive", Daily(4, 20), make)
