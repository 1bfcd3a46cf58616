"""Three independent tasks. Partitions come first, since ingest needs them most."""

from kedro.pipeline import Pipeline, node

from pipelines.definition import Definition
from pipelines.maintenance.nodes import ahead, count, stale, unneeded
from pipelines.times import Daily


def make() -> Pipeline:
    """The nodes, numbered: Kedro runs independent nodes in the order of their names."""
    return Pipeline(
        [
            node(
                ahead, "maintenance_now", ["maintenance_partitions", "maintenance_made"], name="1_make_partitions_ahead"
            ),
            node(
                stale,
                "maintenance_stale_runs",
                ["maintenance_forgotten_runs", "maintenance_runs"],
                name="2_forget_runs",
            ),
            node(
                unneeded,
                "maintenance_ledger",
                ["maintenance_forgotten_days", "maintenance_dropped"],
                name="3_drop_ledger_days",
            ),
            node(
                count,
                ["maintenance_made", "maintenance_dropped", "maintenance_runs"],
                "maintenance_counts",
                name="4_count",
            ),
        ]
    )


MAINTENANCE = Definition("maintenance", Daily(1, 40), make)
