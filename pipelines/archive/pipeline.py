"""Transfers old days group by group, then drops the partitions of empty months."""

from kedro.pipeline import Pipeline, node

from pipelines.archive.nodes import count, partitions_to_drop, plan
from pipelines.definition import Definition
from pipelines.times import Daily


def make() -> Pipeline:
    return Pipeline(
        [
            node(plan, "archive_old_days", "archive_transferred_days", name="transfer_old_days"),
            node(
                partitions_to_drop,
                ["archive_transferred_days", "archive_partitions"],
                "archive_empty_partitions",
                name="drop_old_months",
            ),
            node(count, "archive_transferred_days", "archive_counts", name="count_transferred_days"),
        ]
    )


ARCHIVE = Definition("archive", Daily(4, 20), make)
