"""Compares the totals of both sides, logs the comparisons, and raises an alarm if they differ."""

from kedro.pipeline import Pipeline, node

from pipelines.definition import Definition
from pipelines.reconciliation.nodes import alarm, compare, count
from pipelines.reconciliation.params import Params
from pipelines.times import Daily


def make() -> Pipeline:
    return Pipeline(
        [
            node(compare, "reconciliation_totals", "reconciliation_comparisons", name="compare_totals"),
            node(list, "reconciliation_comparisons", "reconciliation_log", name="log_comparisons"),
            node(count, "reconciliation_comparisons", "reconciliation_counts", name="count_comparisons"),
            node(alarm, "reconciliation_comparisons", "reconciliation_alarm", name="sound_alarm"),
        ]
    )


# A divergence is the same a minute later: to be read, and compared again on the next day.
RECONCILIATION = Definition("reconciliation", Daily(3, 10), make, Params, retries=0)
