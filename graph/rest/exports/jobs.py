"""Exports of queries in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID, uuid4

import msgspec

from graph.access import AccountScope, PlatformScope, Scope
from graph.access.disclosure import Role
from graph.dsl.extracts import ExtractMeta
from graph.dsl.scope import EVERY_TENANT, tenant_of
from graph.exports.jobs import Job, Jobs, JobTable, Row, common_fields
from graph.exports.objects import Digest
from infra.postgres import Connection, Pool
from infra.sql import statement

NEWEST: Final = 2**63 - 1  # above all numbers

_SQL: Final = Path(__file__).parent / "sql"
_NAMES: Final = (
    *("add_export", "begin_attempt", "describe_export", "keep_file", "finish_export", "withdraw_export"),
    *("export_files", "forget_exports", "owned_exports", "repeated_export", "usage"),
)
_STATEMENTS: Final = {name: statement(_SQL, name) for name in _NAMES}


class Owner(NamedTuple):
    """Whose an export is: no other caller sees it. `tenant_id`: `*` for the platform's callers."""

    role: Role
    tenant_id: str
    caller: str

    @property
    def tenant(self) -> str | None:
        """The tenant; None for the platform's callers."""
        return None if self.tenant_id == EVERY_TENANT else self.tenant_id

    @property
    def scope(self) -> Scope:
        """The owner's scope in queries."""
        if self.role == "customer":
            return AccountScope(self.caller, None, self.tenant_id)
        return PlatformScope(self.caller, self.role)


def owner_of(scope: Scope) -> Owner:
    """The owner of a caller's exports. Raises ForbiddenError without a tenant."""
    return Owner(scope.role, tenant_of(scope) or EVERY_TENANT, scope.caller)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryExport(Job):
    """An export. `request`: the request's body; `number` counts up, so lists go by it.

    `row_count`, `byte_count`, `file_count`: what is written so far. `meta`, `rows_planned` and `unmasked` are of the
    statement whose rows are written; None until it has run.
    """

    number: int
    owner: Owner
    idempotency_key: str | None
    request: bytes
    meta: ExtractMeta | None
    rows_planned: int | None
    unmasked: Sequence[str]
    file_count: int
    row_count: int
    byte_count: int


class ExportFile(NamedTuple):
    """A written file."""

    name: str
    row_count: int
    digest: Digest


class Usage(NamedTuple):
    """What the exports of a tenant have together, until they expire."""

    row_count: int
    byte_count: int


class QueryJobs(Jobs[QueryExport]):
    """Reads and writes exports of queries. `lease`: how long a claim holds without renewal."""

    def __init__(self, pool: Pool, lease: timedelta) -> None:
        super().__init__(pool, lease, JobTable("anlyt.query_exports", "tenant_id", _export))

    async def add(
        self, connection: Connection, owner: Owner, key: str | None, request: bytes, requested_at: datetime
    ) -> UUID:
        """Adds an export, in the transaction that checked the owner's limits. Returns its id."""
        id_ = uuid4()
        values = (id_.bytes, *owner, key, request.decode(), requested_at)
        await connection.execute(_STATEMENTS["add_export"], *values)
        return id_

    async def repeated(self, connection: Connection, owner: Owner, key: str) -> QueryExport | None:
        """The owner's export whose request had this idempotency key."""
        row = await connection.fetchrow(_STATEMENTS["repeated_export"], *owner, key)
        return None if row is None else _export(dict(row))

    async def usage(self, tenant_id: str) -> Usage:
        """What a tenant's exports have together."""
        (row,) = await self.fetch(_STATEMENTS["usage"], tenant_id)
        return Usage(row["row_count"], row["byte_count"])

    async def begin(self, job: QueryExport) -> None:
        """Forgets the files of earlier attempts. Raises LostClaimError."""
        await self.while_claimed(_STATEMENTS["begin_attempt"], job)

    async def describe(self, job: QueryExport, meta: ExtractMeta, rows_planned: int, unmasked: Sequence[str]) -> None:
        """Stores what the manifest says about the rows. Raises LostClaimError."""
        text = msgspec.json.encode(meta).decode()
        await self.while_claimed(_STATEMENTS["describe_export"], job, text, rows_planned, list(unmasked))

    async def keep(self, job: QueryExport, number: int, file: ExportFile) -> None:
        """Stores that a file is written. Raises LostClaimError."""
        values = (number, file.name, file.row_count, file.digest.byte_count, file.digest.sha256)
        await self.while_claimed(_STATEMENTS["keep_file"], job, *values)

    async def finish(self, job: QueryExport, manifest_sha256: str, keep: timedelta) -> None:
        """Sets the export to done; it expires after `keep`. Raises LostClaimError, also if rows are missing."""
        await self.while_claimed(_STATEMENTS["finish_export"], job, manifest_sha256, keep)

    async def withdraw(self, job: QueryExport, reason: str) -> None:
        """Expires a finished export early, for a reason."""
        await self.fetch(_STATEMENTS["withdraw_export"], job.id.bytes, reason)

    async def files(self, id_: UUID) -> Sequence[ExportFile]:
        """The files of an export, in the order of their rows."""
        rows = await self.fetch(_STATEMENTS["export_files"], id_.bytes)
        return [ExportFile(row["name"], row["row_count"], Digest(row["byte_count"], row["sha256"])) for row in rows]

    async def one(self, id_: UUID, owner: Owner) -> QueryExport | None:
        """An owner's export; None if it has none with this id."""
        rows = await self.fetch(_STATEMENTS["owned_exports"], *owner, NEWEST, 1, id_.bytes)
        return _export(rows[0]) if rows else None

    async def before(self, owner: Owner, number: int, limit: int) -> Sequence[QueryExport]:
        """An owner's exports with a lower number, newest first."""
        rows = await self.fetch(_STATEMENTS["owned_exports"], *owner, number, limit, None)
        return [_export(row) for row in rows]

    async def expire(self) -> int:
        """Expires exports, and forgets those that ended long ago. Returns the number of expired ones."""
        await self.fetch(_STATEMENTS["forget_exports"])
        return await super().expire()


def _export(row: Row) -> QueryExport:
    about = row["about"]
    return QueryExport(
        number=row["number"],
        owner=Owner(row["role"], row["tenant_id"], row["caller"]),
        idempotency_key=row["idempotency_key"],
        request=row["request"].encode(),
        meta=None if about is None else msgspec.json.decode(about, type=ExtractMeta),
        rows_planned=row["rows_planned"],
        unmasked=row["unmasked"],
        # A claim returns the row alone; its process begins from nothing.
        **{name: row.get(name, 0) for name in ("file_count", "row_count", "byte_count")},
        **common_fields(row),
    )
