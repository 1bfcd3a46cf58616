"""Adds up the days that changed."""

from kedro.pipeline import Pipeline, node

from pipelines.definition import Definition
from pipelines.rollup.nodes import count, in_groups, plan
from pipelines.rollup.params import Params
from pipelines.times import Every


def make() -> Pipeline:
    return Pipeline(
        [
            # One node reads the dirty days and keeps them: after the work, there would be none left to count.
            node(plan, "rollup_dirty_days", "rollup_days", name="plan_days"),
            node(in_groups, "rollup_days", "rollup_daily_rows", name="add_up_days"),
            node(count, "rollup_days", "rollup_counts", name="count_days"),
        ]
    )


ROLLUP = Definition("rollup", Every(seconds=15 * 60), make, Params)
