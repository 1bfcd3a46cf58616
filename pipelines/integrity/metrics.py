"""The gauge behind the alert: the differences that the newest run found, in any process."""

from pathlib import Path
from typing import Final

from infra.metrics import INTEGRITY_DIFFERENCES
from infra.sql import statement
from pipelines.stores import Stores

NEWEST_COUNT: Final = statement(Path(__file__).parent / "sql", "newest_count")


async def measure(stores: Stores) -> None:
    """Updates `anlyt_integrity_differences`; 0 before the first run."""
    INTEGRITY_DIFFERENCES.set(await stores.postgres.fetchval(NEWEST_COUNT) or 0)
