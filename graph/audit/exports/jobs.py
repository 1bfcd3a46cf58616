"""Exports as PostgreSQL keeps them.

A process works on an export while it holds its claim, for the time of a lease that it renews. Whatever it writes here
of the export is written only while the claim is still its own, so that one which was taken for dead changes nothing.
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
from graph.audit.statements import Slice
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
    *("keep_file", "finish_export", "put_back_export", "fail_export", "let_go_export", "cancel_export"),
    *("expire_exports", "unpurged_export", "mark_purged", "one_export", "exports_before"),
)
_PROGRESS: Final = ("planned", "written", "row_count", "byte_count")
_STATEMENTS: Final = {name: statement(_SQL, name) for name in _NAMES}


class LostClaimError(Exception):
    """The export was cancelled, or another process works on it: this one has to stop."""


@dataclass(frozen=True, slots=True)
class Export:
    """A job: what was asked, and how far it is. `claim`: of the process that works on it."""

    id: UUID
    access_id: int
    caller: str
    requested_at: datetime
    asked: ExportQuery
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
    """A file that is in S3, and what was read back from it."""

    name: str
    digest: Digest
    measured: Measured
    at: datetime


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A slice of an export; `written`: None until its file is there."""

    number: int
    part: Slice
    written: Written | None


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """Files of an export, and what is in those that are written."""

    planned: int
    written: int
    row_count: int
    byte_count: int


class Jobs:
    """DependencyUnavailableError within 1.5 s of PostgreSQL's absence. `lease`: of a claim."""

    def __init__(self, pool: Pool, lease: timedelta) -> None:
        self._pool, self._lease = pool, lease

    def transaction(self) -> "AbstractAsyncContextManager[Connection]":
        return _transaction(self._pool)

    async def claim(self, most_running: int) -> Export | None:
        """The next export to work on; None when there is none, or each caller has `most_running` under way."""
        async with self.transaction() as connection:
            await connection.execute(_STATEMENTS["lock_exports"])
            row = await connection.fetchrow(_STATEMENTS["claim_export"], uuid4().bytes, self._lease, most_running)
        return None if row is None else export(dict(row))

    async def renew(self, job: Export) -> None:
        await self._of_mine("renew_lease", job, self._lease)

    async def plan(self, job: Export, data_as_of: datetime | None, parts: Sequence[Slice]) -> None:
        """LostClaimError, as for all that follows."""
        edges = ([part.from_ for part in parts], [part.to for part in parts])
        await self._of_mine("plan_export", job, data_as_of, *edges)

    async def files(self, id_: UUID) -> Sequence[ExportFile]:
        return [_file(row) for row in await self._fetch("export_files", id_.bytes)]

    async def keep(self, job: Export, number: int, name: str, digest: Digest, measured: Measured) -> None:
        charges = {currency: money(millionths(sum_)) for currency, sum_ in sorted(measured.charges.items())}
        size = (measured.row_count, digest.byte_count, digest.sha256)
        times = (measured.first_at, measured.last_at)
        told = json.dumps(charges) if job.asked.dataset == "cdr" else None
        await self._of_mine("keep_file", job, number, name, *size, *times, told)

    async def finish(self, job: Export, manifest_sha256: str, keep: timedelta) -> None:
        """Done, until `keep` is over."""
        await self._of_mine("finish_export", job, manifest_sha256, keep)

    async def put_back(self, job: Export, reason: str | None, pause: timedelta) -> None:
        """For another try. Nothing happens to an export that was cancelled meanwhile."""
        await self._fetch("put_back_export", *_mine(job), reason, pause)

    async def fail(self, job: Export, reason: str) -> None:
        await self._fetch("fail_export", *_mine(job), reason)

    async def let_go(self, job: Export) -> None:
        """Of one that is not ours to finish any more."""
        await self._fetch("let_go_export", *_mine(job))

    async def cancel(self, job: Export) -> bool:
        """Whether it was anything to cancel: what has failed or expired stays as it is."""
        return bool(await self._fetch("cancel_export", job.id.bytes, job.caller))

    async def expire(self) -> int:
        """How many exports ended their time."""
        return len(await self._fetch("expire_exports"))

    async def unpurged(self) -> UUID | None:
        """An export whose files have to go."""
        rows = await self._fetch("unpurged_export")
        return UUID(bytes=rows[0]["export_id"]) if rows else None

    async def mark_purged(self, id_: UUID) -> None:
        await self._fetch("mark_purged", id_.bytes)

    async def one(self, id_: UUID, caller: str) -> Export | None:
        rows = await self._fetch("one_export", id_.bytes, caller)
        return export(rows[0]) if rows else None

    async def before(self, caller: str, access_id: int, limit: int) -> Sequence[tuple[Export, ExportProgress]]:
        """A caller's exports, newest first, those with a lower access id."""
        rows = await self._fetch("exports_before", caller, access_id, limit)
        return [(export(row), ExportProgress(*(row[name] for name in _PROGRESS))) for row in rows]

    async def _of_mine(self, name: str, job: Export, *values: object) -> None:
        if not await self._fetch(name, *_mine(job), *values):
            raise LostClaimError

    async def _fetch(self, name: str, *values: object) -> Sequence[Row]:
        async with with_deadline(name, self._pool), connected(self._pool) as connection:
            return [dict(row) for row in await connection.fetch(_STATEMENTS[name], *values)]


async def add(connection: Connection, id_: UUID, access_id: int, caller: str, asked: ExportQuery) -> None:
    """A new export, in the transaction in which its request is recorded."""
    what = (asked.dataset, asked.tenant_id, asked.from_, asked.to, asked.verdict, asked.rule_type)
    await connection.execute(_STATEMENTS["add_export"], id_.bytes, access_id, caller, *what)


async def unfinished(connection: Connection, caller: str) -> int:
    """How many a caller has; nobody adds one before the transaction ends."""
    await connection.execute(_STATEMENTS["lock_exports"])
    count: int = await connection.fetchval(_STATEMENTS["waiting_exports"], caller)
    return count


def export(row: Row) -> Export:
    """Of a row of `audit_exports`."""
    window = (row["from_time"], row["to_time"])
    asked = ExportQuery(row["tenant_id"], *window, row["dataset"], row["verdict"], row["rule_type"])
    return Export(
        id=UUID(bytes=row["export_id"]),
        asked=asked,
        claim=None if row["claim"] is None else UUID(bytes=row["claim"]),
        **{name: row[name] for name in _AS_THEY_ARE},
    )


_AS_THEY_ARE: Final = (
    *("access_id", "caller", "requested_at", "state", "reason", "planned_at", "data_as_of"),
    *("finished_at", "expires_at", "manifest_sha256"),
)


def _file(row: Row) -> ExportFile:
    part = Slice(row["from_time"], row["to_time"])
    if row["name"] is None:
        return ExportFile(row["number"], part, None)
    charges = {currency: Decimal(text) for currency, text in json.loads(row["charges"] or "{}").items()}
    measured = Measured(row["row_count"], row["first_at"], row["last_at"], charges)
    written = Written(row["name"], Digest(row["byte_count"], row["sha256"]), measured, row["written_at"])
    return ExportFile(row["number"], part, written)


def _mine(job: Export) -> tuple[bytes, bytes]:
    assert job.claim is not None
    return job.id.bytes, job.claim.bytes


@asynccontextmanager
async def _transaction(pool: Pool) -> "AsyncIterator[Connection]":
    async with with_deadline("audit_exports", pool), connected(pool) as connection, transaction(connection):
        yield connection
