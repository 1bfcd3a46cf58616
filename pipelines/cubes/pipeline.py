"""Marked cells -> chunks -> computed again."""

from kedro.pipeline import Pipeline, node

from pipelines.cubes.nodes import count, cut, each
from pipelines.cubes.params import Params
from pipelines.definition import Definition
from pipelines.times import Every


def make() -> Pipeline:
    return Pipeline(
        [
            # A dataset is loaded once for each node that takes it: what is due is read by one, and kept.
            node(cut, ["cubes_dirty_cells", "run_params"], "cubes_chunks", name="cut_dirty_cells"),
            node(each, "cubes_chunks", "cubes_cells", name="compute_cells"),
            node(count, "cubes_chunks", "cubes_counts", name="count_cells"),
        ]
    )


CUBES = Definition("cubes", Every(seconds=15), make, Params)
