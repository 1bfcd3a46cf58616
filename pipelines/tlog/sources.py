"""Rows of other packages that get an entry each: links, accesses, manifests, results of reconciliation, and totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from asyncpg import Record

from infra.postgres import Connection
from infra.sql import statement
from pipelines.stores import Stores
from pipelines.tlog.appending import append, lock
from schema.tlog.entries import Content, Kind, digest_of

SQL: Final = Path(__file__).parent / "sql"
PENDING: Final = statement(SQL, "pending")
FLOOR: Final = statement(SQL, "floor")
BATCH: Final = 5000  # entries of one transaction
EVERYTHING: Final = -(1 << 62)  # below all positions


# The columns of daily rows that entries of totals speak of. Figures that come later are not among them: a digest of the
# same day would be another one.
TOTALS: Final = (
    "scope, scope_id, total_messages, delivered_messages, failed_messages, pending_messages, segments, total_cost, "
    "latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts"
)


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that get an entry each. `sql` is in the file `name`.sql. The entries' subjects begin with `prefix`.

    `is_endless`: it has too many rows to compare all in each run. Their positions are the last part of subjects.
    """

    name: str
    kind: Kind
    prefix: str
    is_endless: bool = False

    @property
    def sql(self) -> str:
        return statement(SQL, self.name).replace("{totals}", TOTALS)


SOURCES: Final = (
    Source("link", "link", "link/"),
    Source("access", "access", "access/", is_endless=True),
    Source("audit_export", "export", "export/audit/"),
    Source("query_export", "export", "export/query/"),
    Source("reconciliation", "reconciliation", "reconciliation/"),
    Source("totals", "totals", "totals/"),
)


def closed_until(stores: Stores) -> date:
    """The first day whose totals are not logged yet."""
    return (datetime.now(UTC) - stores.integrity_lag).date()


async def append_pending(stores: Stores, source: Source, closed: date) -> int:
    """Appends an entry for each row that has none; returns their number. `closed`: the first day that is not closed."""
    appended = 0
    while True:
        async with stores.postgres.acquire() as connection, connection.transaction():
            await lock(connection)
            contents = await _pending(connection, source, closed)
            if contents:
                await append(connection, contents)
        appended += len(contents)
        if len(contents) < BATCH:
            return appended


async def _pending(connection: Connection, source: Source, closed: date) -> Sequence[Content]:
    floor = await connection.fetchval(FLOOR, source.kind) if source.is_endless else None
    above = int(floor.rpartition("/")[2]) if floor else EVERYTHING
    rows = await connection.fetch(PENDING.replace("{source}", source.sql), closed, above, BATCH)
    return [content_of(source.kind, row) for row in rows]


def content_of(kind: Kind, row: Record) -> Content:
    """The content of the entry of a source's row."""
    return Content(kind, row["subject"], row["tenant_id"], row["day"], digest_of(row["fields"]))
