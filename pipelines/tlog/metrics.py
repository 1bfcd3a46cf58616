"""The gauge behind the alert: when the newest checkpoint was published, by any process."""

from pathlib import Path
from typing import Final

from infra.metrics import TLOG_PUBLISHED
from infra.sql import statement
from pipelines.stores import Stores

PUBLISHED_AT: Final = statement(Path(__file__).parent / "sql", "published_at")


async def measure(stores: Stores) -> None:
    """Updates `anlyt_tlog_published_timestamp_seconds`; 0 before the first entry of the log."""
    if published_at := await stores.postgres.fetchval(PUBLISHED_AT):
        TLOG_PUBLISHED.set(published_at.timestamp())
