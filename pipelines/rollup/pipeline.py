"""dirty days -> plan -> each added up again."""

from kedro.pipeline import Pipeline, node

from pipelines.definition import Definition
from pipelines.rollup.nodes import count, few_at_once, plan
from pipelines.rollup.params import Params
from pipelines.times import Every


def make() -> Pipeline:
    return Pipeline(
        [
            # What is dirty is asked once: a node that asks after the work would be told of nothing.
            node(plan, "rollup_dirty_days", "rollup_days", name="plan_days"),
            node(few_at_once, "rollup_days", "rollup_daily_rows", name="add_up_days"),
            node(count, "rollup_days", "rollup_counts", name="count_days"),
        ]
    )


ROLLUP = Definition("rollup", Every(seconds=15 * 60), make, Params)
