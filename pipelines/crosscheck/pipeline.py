"""Asks random questions within a budget, and raises an alarm while numbers that must be equal differ."""

from kedro.pipeline import Pipeline, node

from pipelines.crosscheck.nodes import alarm, count, plan, take
from pipelines.crosscheck.params import Params
from pipelines.definition import Definition
from pipelines.times import Every


def make() -> Pipeline:
    return Pipeline(
        [
            node(plan, ["crosscheck_start", "run_params"], "crosscheck_plan", name="draw_questions"),
            node(take, "crosscheck_plan", "crosscheck_answers", name="ask_questions"),
            node(count, "crosscheck_answers", "crosscheck_counts", name="count_answers"),
            node(
                alarm,
                ["crosscheck_answers", "crosscheck_open_differences"],
                "crosscheck_alarm",
                name="name_differences",
            ),
        ]
    )


CROSSCHECK = Definition("crosscheck", Every(seconds=60), make, Params)
