"""The recorded position of a function: all messages of its stream up to it are stored in this PostgreSQL.

A promoted standby may lack the last transactions, whose events are acknowledged. It then lacks the positions recorded
after them, too: a replay from the position that it has stores all that is missing (schema/postgres/0019).
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from infra.postgres import Connection, Pool
from infra.sql import statement

SQL: Final = Path(__file__).parent / "sql"
NOTE_POSITION: Final = statement(SQL, "note_position")
POSITION: Final = statement(SQL, "position")
RESUME_POSITIONS: Final = statement(SQL, "resume_positions")
LOST: Final = "PostgreSQL failed over or was restored: run `anlyt backfill FUNCTION --after-failover`"


async def note(pool: Pool, function: str, stream_made_at: datetime, acknowledged: int, settled: int) -> bool:
    """Records a position, and up to which message none is waiting.

    Returns whether a replay is due first: then the recorded position stays.
    """
    return bool(await pool.fetchval(NOTE_POSITION, function, stream_made_at, acknowledged, settled))


async def recorded(connection: Connection, function: str, stream_made_at: datetime) -> int:
    """The recorded position; 0 if there is none for the stream that was made at this time."""
    return await connection.fetchval(POSITION, function, stream_made_at) or 0


async def resume(connection: Connection, function: str) -> None:
    """Lets the function's position advance again, after a replay from it has ended."""
    await connection.execute(RESUME_POSITIONS, function)
