"""minutes in which facts came -> searched one after another -> one fact per event."""

from kedro.pipeline import Pipeline, node

from pipelines.copies.nodes import count, each
from pipelines.copies.windows import Params
from pipelines.definition import Definition


def make() -> Pipeline:
    return Pipeline(
        [
            node(each, "copies_searched", "copies_removed", name="remove_copies"),
            node(count, "copies_removed", "copies_counts", name="count_copies"),
        ]
    )


COPIES = Definition("copies", "anlyt.pipeline.copies", make, Params)
