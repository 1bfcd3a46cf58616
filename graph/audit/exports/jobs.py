"""Exports in PostgreSQL.

A process works on an export while it holds the claim, which is a lease that it renews. All its writes require the
claim, so a process that lost it, because it seemed dead, changes nothing.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID, uuid4

from graph.audit.exports.objects import Digest
from graph.audit.exports.request import ExportQuery
from graph.audit.exports.warehouse import Measured
from graph.audit.statements import TimeSlice
from graph.postgres import connected, transaction, with_deadline
from infra.postgres import Connection, Pool
from infra.sql import statement
from schema.money import millionths, money

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

State = Literal["queued", "running", "done", "failed", "cancelled", "expired"]
Row = Mapping[str, Any]

_SQL: Final = Path(__file__).parent / "sql"
_NAMES: Final = (
    *("lock_exports", "waiting_exports", "add_export", "claim_export", "renew_lease", "plan_export", "export_files"),
    *("keep_file", "finish_export", "requeue_export", "fail_export", "release_export", "cancel_export"),
    *("expire_exports", "unpurged_export", "mark_purged", "one_export", "exports_before"),
)
_PROGRESS: Final = ("planned", "written", "row_count", "byte_count")
_STATEMENTS: Final = {name: statement(_SQL, name) for name in _NAMES}


class LostClaimError(Exception):
    """The export was cancelled, or another process has claimed it. This process has to stop its work."""


@dataclass(frozen=True, slots=True)
class Export:
    """An export: its query and state. `claim`: the claim of the process that works on it."""

    id: UUID
    access_id: int
    caller: str
    requested_at: datetime
    query: ExportQuery
    state: State
    reason: str | None
    claim: UUID | None
    planned_at: datetime | None
    data_as_of: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    manifest_sha256: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """A file in S3, and what ClickHouse read back from it."""

    name: str
    digest: Digest
    measured: Measured
    at: datetime


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A slice of an export and its file; `written`: None until the file exists."""

    number: int
    time_slice: TimeSlice
    written: Written | None


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """The numbers of an export's planned and written files, and the rows and bytes of the written ones."""

    planned: int
    written: int
    row_count: int
    byte_count: int


class Jobs:
    """Reads and writes exports. `lease`: how long a claim holds without renewal.

    All methods raise DependencyUnavailableError within 1.5 s while PostgreSQL is unavailable.
    """

    def __init__(self, pool: Pool, lease: timedelta) -> None:
        self._pool, self._lease = pool, lease

    def transaction(self) -> "AbstractAsyncContextManager[Connection]":
        """A transaction for several statements."""
        return _transaction(self._pool)

    async def claim(self, most_running: int) -> Export | None:
        """Claims the next export; None when none is due, or each caller has `most_running` running."""
        async with self.transaction() as connection:
            await connection.execute(_STATEMENTS["lock_exports"])
            row = await connection.fetchrow(_STATEMENTS["claim_export"], uuid4().bytes, self._lease, most_running)
        return None if row is None else export(dict(row))

    async def renew(self, job: Export) -> None:
        """Renews the lease. Raises LostClaimError."""
        await self._while_claimed("renew_lease", job, self._lease)

    async def plan(self, job: Export, data_as_of: datetime | None, parts: Sequence[TimeSlice]) -> None:
        """Stores the slices of an export, one per file. Raises LostClaimError."""
        bounds = ([time_slice.from_ for time_slice in parts], [time_slice.to for time_slice in parts])
        await self._while_claimed("plan_export", job, data_as_of, *bounds)

    async def files(self, id_: UUID) -> Sequence[ExportFile]:
        """The files of an export, by number."""
        return [_file(row) for row in await self._fetch("export_files", id_.bytes)]

    async def keep(self, job: Export, number: int, name: str, digest: Digest, measured: Measured) -> None:
        """Stores that a file is written. Raises LostClaimError."""
        charges = {currency: money(millionths(sum_)) for currency, sum_ in sorted(measured.charges.items())}
        size = (measured.row_count, digest.byte_count, digest.sha256)
        times = (measured.first_at, measured.last_at)
        sums = json.dumps(charges) if job.query.dataset == "cdr" else None
        await self._while_claimed("keep_file", job, number, name, *size, *times, sums)

    async def finish(self, job: Export, manifest_sha256: str, keep: timedelta) -> None:
        """Sets the export to done; it expires after `keep`. Raises LostClaimError."""
        await self._while_claimed("finish_export", job, manifest_sha256, keep)

    async def requeue(self, job: Export, reason: str | None, pause: timedelta) -> None:
        """Queues the export again after a pause. Does nothing if it was cancelled meanwhile."""
        await self._fetch("requeue_export", *_claim(job), reason, pause)

    async def fail(self, job: Export, reason: str) -> None:
        """Sets the export to failed. Does nothing if it was cancelled meanwhile."""
        await self._fetch("fail_export", *_claim(job), reason)

    async def release(self, job: Export) -> None:
        """Releases the claim on an export that was cancelled meanwhile."""
        await self._fetch("release_export", *_claim(job))

    async def cancel(self, job: Export) -> bool:
        """Cancels an export. Returns False, and changes nothing, if it has failed or expired."""
        return bool(await self._fetch("cancel_export", job.id.bytes, job.caller))

    async def expire(self) -> int:
        """Expires exports. Returns their number."""
        return len(await self._fetch("expire_exports"))

    async def unpurged(self) -> UUID | None:
        """The id of an export whose files have to be deleted; None if there is none."""
        rows = await self._fetch("unpurged_export")
        return UUID(bytes=rows[0]["export_id"]) if rows else None

    async def mark_purged(self, id_: UUID) -> None:
        """Stores that the files of an export are deleted."""
        await self._fetch("mark_purged", id_.bytes)

    async def one(self, id_: UUID, caller: str) -> Export | None:
        """A caller's export; None if it has none with this id."""
        rows = await self._fetch("one_export", id_.bytes, caller)
        return export(rows[0]) if rows else None

    async def before(self, caller: str, access_id: int, limit: int) -> Sequence[tuple[Export, ExportProgress]]:
        """A caller's exports with a lower access id, newest first, and their progress."""
        rows = await self._fetch("exports_before", caller, access_id, limit)
        return [(export(row), ExportProgress(*(row[name] for name in _PROGRESS))) for row in rows]

    async def _while_claimed(self, name: str, job: Export, *values: object) -> None:
        if not await self._fetch(name, *_claim(job), *values):
            raise LostClaimError

    async def _fetch(self, name: str, *values: object) -> Sequence[Row]:
        async with with_deadline(name, self._pool), connected(self._pool) as connection:
            return [dict(row) for row in await connection.fetch(_STATEMENTS[name], *values)]


async def add(connection: Connection, id_: UUID, access_id: int, caller: str, query: ExportQuery) -> None:
    """Adds an export, in the transaction that logs its request."""
    what = (query.dataset, query.tenant_id, query.from_, query.to, query.verdict, query.rule_type)
    await connection.execute(_STATEMENTS["add_export"], id_.bytes, access_id, caller, *what)


async def unfinished(connection: Connection, caller: str) -> int:
    """The number of a caller's unfinished exports. Blocks others from adding one until the transaction ends."""
    await connection.execute(_STATEMENTS["lock_exports"])
    count: int = await connection.fetchval(_STATEMENTS["waiting_exports"], caller)
    return count


def export(row: Row) -> Export:
    """The export of a row of `audit_exports`."""
    window = (row["from_time"], row["to_time"])
    query = ExportQuery(row["tenant_id"], *window, row["dataset"], row["verdict"], row["rule_type"])
    return Export(
        id=UUID(bytes=row["export_id"]),
        query=query,
        claim=None if row["claim"] is None else UUID(bytes=row["claim"]),
        **{name: row[name] for name in _SAME_NAMES},
    )


_SAME_NAMES: Final = (
    *("access_id", "caller", "requested_at", "state", "reason", "planned_at", "data_as_of"),
    *("finished_at", "expires_at", "manifest_sha256"),
)


def _file(row: Row) -> ExportFile:
    time_slice = TimeSlice(row["from_time"], row["to_time"])
    if row["name"] is None:
        return ExportFile(row["number"], time_slice, None)
    charges = {currency: Decimal(text) for currency, text in json.loads(row["charges"] or "{}").items()}
    measured = Measured(row["row_count"], row["first_at"], row["last_at"], charges)
    written = Written(row["name"], Digest(row["byte_count"], row["sha256"]), measured, row["written_at"])
    return ExportFile(row["number"], time_slice, written)


def _claim(job: Export) -> tuple[bytes, bytes]:
    assert job.claim is not None
    return job.id.bytes, job.claim.bytes


@asynccontextmanager
async def _transaction(pool: Pool) -> "AsyncIterator[Connection]":
    async with with_deadline("audit_exports", pool), connected(pool) as connection, transaction(connection):
        yield connection
