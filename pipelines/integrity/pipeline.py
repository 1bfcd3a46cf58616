"""Closes or amends the days that are due, then verifies the newest closed days again."""

from kedro.pipeline import Pipeline, node

from pipelines.definition import Definition
from pipelines.integrity.days import due
from pipelines.integrity.nodes import summarise
from pipelines.integrity.params import Params
from pipelines.times import Daily


def make() -> Pipeline:
    return Pipeline(
        [
            node(due, "integrity_position", "integrity_closed_days", name="close_days"),
            node(
                summarise,
                ["integrity_closed_days", "integrity_newest_differences"],
                ["integrity_counts", "integrity_alarm"],
                name="look_again",
            ),
        ]
    )


INTEGRITY = Definition("integrity", Daily(2, 30), make, Params)
