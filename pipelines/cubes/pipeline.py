"""Splits marked cells into chunks and computes them again."""

from kedro.pipeline import Pipeline, node

from pipelines.cubes.nodes import count, each, split_into_chunks
from pipelines.cubes.params import Params
from pipelines.definition import Definition
from pipelines.times import Every


def make() -> Pipeline:
    return Pipeline(
        [
            # Kedro loads a dataset once per node that reads it: one node reads the marked cells and keeps them.
            node(split_into_chunks, ["cubes_dirty_cells", "run_params"], "cubes_chunks", name="cut_dirty_cells"),
            node(each, "cubes_chunks", "cubes_cells", name="compute_cells"),
            node(count, "cubes_chunks", "cubes_counts", name="count_cells"),
        ]
    )


CUBES = Definition("cubes", Every(seconds=15), make, Params)
