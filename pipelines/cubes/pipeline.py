"""dirty cells -> chunks -> computed again."""

from kedro.pipeline import Pipeline, node

from pipelines.cubes.cells import Params
from pipelines.cubes.nodes import count, cut
from pipelines.definition import Definition


def make() -> Pipeline:
    return Pipeline(
        [
            node(cut, ["cubes_dirty_cells", "run_params"], "cubes_cells", name="compute_dirty_cells"),
            node(count, "cubes_dirty_cells", "cubes_counts", name="count_dirty_cells"),
        ]
    )


CUBES = Definition("cubes", "anlyt.pipeline.cubes", make, Params)
