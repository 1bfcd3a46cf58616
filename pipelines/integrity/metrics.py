"""The gauge behind the alert: what the newest run found, whichever process ran it."""

from pathlib import Path
from typing import Final

from infra.metrics import INTEGRITY_DIFFERENCES
from infra.sql import statement
from pipelines.stores import Stores

NEWEST_COUNT: Final = statement(Path(__file__).parent / "sql", "newest_count")


async def measure(stores: Stores) -> None:
    """Keeps `anlyt_integrity_differences`, 0 while there was no run."""
    INTEGRITY_DIFFERENCES.set(await stores.postgres.fetchval(NEWEST_COUNT) or 0)
