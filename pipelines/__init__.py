"""Work that is done at its times: Kedro pipelines of pure nodes, between datasets over the stores."""

import os
from pathlib import Path
from typing import Final

CONF: Final = Path(__file__).parent / "conf"

# Kedro configures `logging` when it is imported, unless it is told to leave it alone.
os.environ.setdefault("KEDRO_LOGGING_CONFIG", str(CONF / "logging.yml"))
