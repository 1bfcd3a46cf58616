"""Searches marked minutes and leaves one fact per event; then computes contested peaks again."""

from kedro.pipeline import Pipeline, node

from pipelines.copies.nodes import count, each, take
from pipelines.copies.params import Params
from pipelines.definition import Definition
from pipelines.times import Every


def make() -> Pipeline:
    return Pipeline(
        [
            node(each, "copies_search_windows", "copies_removed", name="remove_copies"),
            node(take, "copies_contested_peaks", "copies_settled_peaks", name="settle_peaks"),
            node(count, ["copies_removed", "copies_settled_peaks"], "copies_counts", name="count_copies"),
        ]
    )


COPIES = Definition("copies", Every(seconds=60), make, Params)
