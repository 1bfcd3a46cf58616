"""how far the facts are whole -> days that are due -> each a link; then the newest days once more, and an alarm."""

from kedro.pipeline import Pipeline, node

from pipelines.definition import Definition
from pipelines.integrity.days import due
from pipelines.integrity.nodes import judge
from pipelines.integrity.params import Params
from pipelines.times import Daily


def make() -> Pipeline:
    return Pipeline(
        [
            node(due, "integrity_position", "integrity_closed_days", name="close_days"),
            node(
                judge,
                ["integrity_closed_days", "integrity_newest_differences"],
                ["integrity_counts", "integrity_alarm"],
                name="look_again",
            ),
        ]
    )


INTEGRITY = Definition("integrity", Daily(2, 30), make, Params)
