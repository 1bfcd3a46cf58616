"""The recorded position advances on one timeline of PostgreSQL; on another one, it stays until a replay has ended."""

from datetime import UTC, datetime

import pytest

from infra.postgres import open_pool
from ingest import positions
from ingest.commit import NOTE_SOURCE
from tests.support.database import connected

pytestmark = pytest.mark.anyio

MADE, REMADE = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 2, tzinfo=UTC)
PROMOTE = "update anlyt.sources set timeline = '000000FF'"  # as if the rows came from before a promotion


async def test_positions(database: str) -> None:
    async with open_pool(database, size=2) as pool, connected(database) as connection:

        async def noted(acknowledged: int) -> tuple[bool, int]:
            is_due = await positions.note(pool, "billing_metrics", MADE, acknowledged, settled=acknowledged)
            return is_due, await positions.recorded(connection, "billing_metrics", MADE)

        assert await noted(5) == (False, 0)  # no source yet
        await pool.execute(NOTE_SOURCE, "billing_metrics", MADE)
        assert await noted(5) == (False, 5)
        assert await noted(3) == (False, 5)  # a replay moved the consumer back; all up to 5 is stored nevertheless
        assert await positions.recorded(connection, "billing_metrics", REMADE) == 0
        await connection.execute(PROMOTE)
        assert await noted(9) == (True, 5)
        await positions.resume(connection, "billing_metrics")
        assert await noted(9) == (False, 9)
