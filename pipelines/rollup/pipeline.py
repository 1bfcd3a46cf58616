"""dirty days -> each added up again."""

from kedro.pipeline import Pipeline, node

from pipelines.definition import Definition
from pipelines.rollup.days import Params
from pipelines.rollup.nodes import count, one_by_one


def make() -> Pipeline:
    return Pipeline(
        [
            node(one_by_one, "rollup_dirty_days", "rollup_daily_rows", name="add_up_dirty_days"),
            node(count, "rollup_dirty_days", "rollup_counts", name="count_days"),
        ]
    )


ROLLUP = Definition("rollup", "anlyt.pipeline.rollup", make, Params)
