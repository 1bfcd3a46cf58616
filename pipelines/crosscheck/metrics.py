"""The gauges behind the alert: open differences and suspicions, found by any process."""

from pathlib import Path
from typing import Final

from infra.metrics import CROSSCHECK_DIFFERENCES, CROSSCHECK_SUSPICIONS
from infra.sql import statement
from pipelines.stores import Stores

OPEN_COUNTS: Final = statement(Path(__file__).parent / "sql", "open_counts")


async def measure(stores: Stores) -> None:
    """Updates `anlyt_crosscheck_differences` and `anlyt_crosscheck_suspicions`."""
    counts = await stores.postgres.fetchrow(OPEN_COUNTS)
    assert counts is not None
    CROSSCHECK_DIFFERENCES.set(counts["differences"])
    CROSSCHECK_SUSPICIONS.set(counts["suspicions"])
