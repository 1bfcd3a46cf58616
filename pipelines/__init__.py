"""Scheduled work: Kedro pipelines of pure nodes, between datasets over the stores.

Every pipeline has the same files: `pipeline` (its nodes), `params` (what a run may be told), `nodes` (pure functions),
`datasets` (what is read and written), `metrics` (gauges that outlive a run); further files hold its algorithms.

Datasets here do more than load and save frames, which users of Kedro may expect. A day is one `INSERT ... SELECT` in
the engine, or one transaction with its mark: rows never pass through a node, and a dataset owns what has to commit
together. Nodes decide what is due, datasets make it so.
"""

import os
from pathlib import Path
from typing import Final

CONF: Final = Path(__file__).parent / "conf"

# Kedro configures `logging` when it is imported, unless it is told to leave it alone.
os.environ.setdefault("KEDRO_LOGGING_CONFIG", str(CONF / "logging.yml"))
