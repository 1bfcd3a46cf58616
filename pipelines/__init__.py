"""Scheduled work: Kedro pipelines of pure nodes, between datasets over the stores.

Every pipeline has the same files: `pipeline` (its nodes), `params` (the parameters of a run), `nodes` (pure functions),
`datasets` (reads and writes), `metrics` (gauges that outlive a run); further files hold its algorithms.

In reading order, for all of them: `definition` and `times`, `pipeline_registry` (the list), `stores`, `datasets`,
`kedro_thread`, `lease`, `runs` (one run), `schedule`, `run_now` with `cli` and `pairs` (what is typed), `run_metrics`,
`settings` (Kedro's).

Unlike elsewhere in Kedro, datasets do more than load and save frames. A day is one `INSERT ... SELECT` in the engine,
or one transaction with its mark: rows never pass through a node, and a dataset owns the writes that have to commit
together. Nodes decide which work is due; datasets do it.
"""

import os
from pathlib import Path
from typing import Final

CONF: Final = Path(__file__).parent / "conf"

# Kedro configures `logging` when it is imported, unless this variable names another configuration.
os.environ.setdefault("KEDRO_LOGGING_CONFIG", str(CONF / "logging.yml"))
