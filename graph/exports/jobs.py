"""Jobs of exports in PostgreSQL.

A process works on a job while it holds the claim, which is a lease that it renews. All its writes require the claim, so
a process that lost it, because it seemed dead, changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias, TypeVar
from uuid import UUID, uuid4

from graph.postgres import connected, transaction, with_deadline
from infra.postgres import Connection, Pool
from infra.sql import statement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

State = Literal["queued", "running", "done", "failed", "cancelled", "expired"]
Row: TypeAlias = Mapping[str, Any]

_SQL: Final = Path(__file__).parent / "sql"
_NAMES: Final = (
    *("lock_exports", "unfinished_exports", "claim_export", "renew_lease", "requeue_export", "fail_export"),
    *("release_export", "cancel_export", "expire_exports", "unpurged_export", "postpone_purge"),
    "mark_purged",
)


class LostClaimError(Exception):
    """The export was cancelled, or another process has claimed it. This process has to stop its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all exports have. `claim`: the claim of the process that works on it.

    `interruptions`: how many processes ended while they worked on it.
    """

    id: UUID
    requested_at: datetime
    state: State
    reason: str | None
    claim: UUID | None
    interruptions: int
    finished_at: datetime | None
    expires_at: datetime | None
    manifest_sha256: str | None


SAME_NAMES: Final = ("requested_at", "state", "reason", "interruptions", "finished_at", "expires_at", "manifest_sha256")

J = TypeVar("J", bound=Job)


@dataclass(frozen=True, slots=True)
class JobTable(Generic[J]):
    """A table of exports. `owner`: the column of those who share a limit; `read`: the job of a row."""

    name: Literal["anlyt.query_exports", "anlyt.audit_exports"]
    owner: str
    read: Callable[[Row], J]


class Jobs(Generic[J]):
    """Reads and writes the exports of a table. `lease`: how long a claim holds without renewal.

    All methods raise DependencyUnavailableError within 1.5 s while PostgreSQL is unavailable.
    """

    def __init__(self, pool: Pool, lease: timedelta, table: JobTable[J]) -> None:
        self._pool, self._lease, self._table = pool, lease, table
        self._statements = {name: _statement(name, table.name, table.owner) for name in _NAMES}

    def transaction(self) -> "AbstractAsyncContextManager[Connection]":
        """A transaction for several statements."""
        return _transaction(self._pool)

    async def unfinished(self, connection: Connection, owner: str) -> int:
        """The number of an owner's unfinished exports. Blocks others from adding one until the transaction ends."""
        await connection.execute(self._statements["lock_exports"])
        count: int = await connection.fetchval(self._statements["unfinished_exports"], owner)
        return count

    async def claim(self, most_running: int) -> J | None:
        """Claims the next export; None when none is due, or each owner has `most_running` running."""
        async with self.transaction() as connection:
            await connection.execute(self._statements["lock_exports"])
            row = await connection.fetchrow(self._statements["claim_export"], uuid4().bytes, self._lease, most_running)
        return None if row is None else self._table.read(dict(row))

    async def renew(self, job: J) -> None:
        """Renews the lease. Raises LostClaimError."""
        await self.while_claimed(self._statements["renew_lease"], job, self._lease)

    async def requeue(self, job: J, reason: str | None, pause: timedelta) -> None:
        """Queues the export again after a pause. Does nothing if it was cancelled meanwhile."""
        await self._fetch("requeue_export", *_claim(job), reason, pause)

    async def fail(self, job: J, reason: str) -> None:
        """Sets the export to failed. Does nothing if it was cancelled meanwhile."""
        await self._fetch("fail_export", *_claim(job), reason)

    async def release(self, job: J) -> None:
        """Releases the claim on an export that was cancelled meanwhile."""
        await self._fetch("release_export", *_claim(job))

    async def cancel(self, job: J) -> bool:
        """Cancels an export. Returns False, and changes nothing, if it has failed or expired."""
        return bool(await self._fetch("cancel_export", job.id.bytes))

    async def expire(self) -> int:
        """Expires exports. Returns their number."""
        return len(await self._fetch("expire_exports"))

    async def unpurged(self) -> UUID | None:
        """The id of an export whose files have to be deleted; None if there is none."""
        rows = await self._fetch("unpurged_export")
        return UUID(bytes=rows[0]["export_id"]) if rows else None

    async def postpone_purge(self, id_: UUID, pause: timedelta) -> None:
        """Stores that the files of an export could not be deleted now."""
        await self._fetch("postpone_purge", id_.bytes, pause)

    async def mark_purged(self, id_: UUID) -> None:
        """Stores that the files of an export are deleted."""
        await self._fetch("mark_purged", id_.bytes)

    async def while_claimed(self, sql: str, job: J, *values: object) -> Sequence[Row]:
        """Runs a statement that returns no row without the claim. Raises LostClaimError."""
        rows = await self.fetch(sql, *_claim(job), *values)
        if not rows:
            raise LostClaimError
        return rows

    async def fetch(self, sql: str, *values: object) -> Sequence[Row]:
        """The rows of a statement."""
        async with with_deadline(self._table.name, self._pool), connected(self._pool) as connection:
            return [dict(row) for row in await connection.fetch(sql, *values)]

    async def _fetch(self, name: str, *values: object) -> Sequence[Row]:
        return await self.fetch(self._statements[name], *values)


def common_fields(row: Row) -> dict[str, Any]:
    """The fields of Job from a row."""
    claim = None if row["claim"] is None else UUID(bytes=row["claim"])
    return {"id": UUID(bytes=row["export_id"]), "claim": claim, **{name: row[name] for name in SAME_NAMES}}


def _statement(name: str, table: str, owner: str) -> str:
    return statement(_SQL, name).replace("{exports}", table).replace("{owner}", owner)


def _claim(job: Job) -> tuple[bytes, bytes]:
    assert job.claim is not None
    return job.id.bytes, job.claim.bytes


@asynccontextmanager
async def _transaction(pool: Pool) -> "AsyncIterator[Connection]":
    async with with_deadline("exports", pool), connected(pool) as connection, transaction(connection):
        yield connection
