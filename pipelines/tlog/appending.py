"""Appends entries to the transparency log in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from secrets import token_bytes
from typing import Final

from infra.postgres import Connection
from infra.sql import statement
from infra.tlog.tree import tile_hashes
from schema.tlog.entries import NONCE, Content, Entry
from schema.tlog.merkle import joined
from schema.tlog.tiles import completed

SQL: Final = Path(__file__).parent / "sql"
LOCK: Final = statement(SQL, "lock")
HEAD: Final = statement(SQL, "head")
ADD_ENTRIES: Final = statement(SQL, "add_entries")
ADD_NODE: Final = statement(SQL, "add_node")


async def lock(connection: Connection) -> None:
    """Waits until no other transaction appends. What it has appended is seen by the next statement."""
    await connection.execute(LOCK)


async def append(connection: Connection, contents: Sequence[Content]) -> int:
    """Appends entries within the caller's transaction, which holds the lock. Returns the number of the first one.

    Raises asyncpg's UniqueViolationError if one of the subjects has an entry.
    """
    first, logged_at = await _head(connection)
    entries = [Entry(content, logged_at, token_bytes(NONCE)) for content in contents]
    columns = (
        [entry.content.kind for entry in entries],
        [entry.content.subject for entry in entries],
        [entry.content.tenant_id for entry in entries],
        [entry.content.day for entry in entries],
        [entry.content.digest for entry in entries],
        [entry.nonce for entry in entries],
        [entry.hash for entry in entries],
    )
    await connection.execute(ADD_ENTRIES, first, logged_at, *columns)
    for tile in completed(first, first + len(entries)):
        await connection.execute(ADD_NODE, tile.level + 1, tile.number, joined(await tile_hashes(connection, tile)))
    return first


async def _head(connection: Connection) -> tuple[int, datetime]:
    """The number and the time of the next entry. Times never decrease."""
    row = await connection.fetchrow(HEAD)
    assert row is not None
    return row["size"], row["logged_at"]
