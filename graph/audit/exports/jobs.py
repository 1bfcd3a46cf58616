"""The audit's exports in PostgreSQL."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from uuid import UUID

from graph.audit.exports.request import ExportQuery
from graph.audit.exports.warehouse import Measured
from graph.audit.statements import TimeSlice
from graph.exports.jobs import Job, Jobs, JobTable, Row, common_fields
from graph.exports.objects import Digest
from infra.postgres import Connection, Pool
from infra.sql import statement
from schema.money import millionths, money

_SQL: Final = Path(__file__).parent / "sql"
_NAMES: Final = (
    *("add_export", "plan_export", "export_files", "keep_file", "finish_export", "one_export", "exports_before"),
)
_PROGRESS: Final = ("planned", "written", "row_count", "byte_count")
_STATEMENTS: Final = {name: statement(_SQL, name) for name in _NAMES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(Job):
    """An export: its query and state."""

    access_id: int
    caller: str
    query: ExportQuery
    planned_at: datetime | None
    data_as_of: datetime | None


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


class AuditJobs(Jobs[Export]):
    """Reads and writes the audit's exports. `lease`: how long a claim holds without renewal."""

    def __init__(self, pool: Pool, lease: timedelta) -> None:
        super().__init__(pool, lease, JobTable("anlyt.audit_exports", "caller", export))

    async def plan(self, job: Export, data_as_of: datetime | None, parts: Sequence[TimeSlice]) -> None:
        """Stores the slices of an export, one per file. Raises LostClaimError."""
        bounds = ([time_slice.from_ for time_slice in parts], [time_slice.to for time_slice in parts])
        await self.while_claimed(_STATEMENTS["plan_export"], job, data_as_of, *bounds)

    async def files(self, id_: UUID) -> Sequence[ExportFile]:
        """The files of an export, by number."""
        return [_file(row) for row in await self.fetch(_STATEMENTS["export_files"], id_.bytes)]

    async def keep(self, job: Export, number: int, name: str, digest: Digest, measured: Measured) -> None:
        """Stores that a file is written. Raises LostClaimError."""
        charges = {currency: money(millionths(sum_)) for currency, sum_ in sorted(measured.charges.items())}
        size = (measured.row_count, digest.byte_count, digest.sha256)
        times = (measured.first_at, measured.last_at)
        sums = json.dumps(charges) if job.query.dataset == "cdr" else None
        await self.while_claimed(_STATEMENTS["keep_file"], job, number, name, *size, *times, sums)

    async def finish(self, job: Export, manifest_sha256: str, keep: timedelta) -> None:
        """Sets the export to done; it expires after `keep`. Raises LostClaimError."""
        await self.while_claimed(_STATEMENTS["finish_export"], job, manifest_sha256, keep)

    async def one(self, id_: UUID, caller: str) -> Export | None:
        """A caller's export; None if it has none with this id."""
        rows = await self.fetch(_STATEMENTS["one_export"], id_.bytes, caller)
        return export(rows[0]) if rows else None

    async def before(self, caller: str, access_id: int, limit: int) -> Sequence[tuple[Export, ExportProgress]]:
        """A caller's exports with a lower access id, newest first, and their progress."""
        rows = await self.fetch(_STATEMENTS["exports_before"], caller, access_id, limit)
        return [(export(row), ExportProgress(*(row[name] for name in _PROGRESS))) for row in rows]


async def add(connection: Connection, id_: UUID, access_id: int, caller: str, query: ExportQuery) -> None:
    """Adds an export, in the transaction that logs its request."""
    what = (query.dataset, query.tenant_id, query.from_, query.to, query.verdict, query.rule_type)
    await connection.execute(_STATEMENTS["add_export"], id_.bytes, access_id, caller, *what)


def export(row: Row) -> Export:
    """The export of a row of `audit_exports`."""
    window = (row["from_time"], row["to_time"])
    query = ExportQuery(row["tenant_id"], *window, row["dataset"], row["verdict"], row["rule_type"])
    return Export(
        query=query,
        access_id=row["access_id"],
        caller=row["caller"],
        planned_at=row["planned_at"],
        data_as_of=row["data_as_of"],
        **common_fields(row),
    )


def _file(row: Row) -> ExportFile:
    time_slice = TimeSlice(row["from_time"], row["to_time"])
    if row["name"] is None:
        return ExportFile(row["number"], time_slice, None)
    charges = {currency: Decimal(text) for currency, text in json.loads(row["charges"] or "{}").items()}
    measured = Measured(row["row_count"], row["first_at"], row["last_at"], charges)
    written = Written(row["name"], Digest(row["byte_count"], row["sha256"]), measured, row["written_at"])
    return ExportFile(row["number"], time_slice, written)
