"""Writes one export: plans its slices, writes one file per slice, then the manifest. It resumes after interruptions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Final

from graph.audit.exports import manifest
from graph.audit.exports.jobs import AuditJobs, Export, ExportFile
from graph.audit.exports.warehouse import Warehouse
from graph.dsl.freshness import FreshnessReader
from graph.exports.keys import ManifestKey
from graph.exports.manifest import NAME, SIGNATURE, publish
from graph.exports.objects import Objects
from infra.telemetry import span
from schema.catalog.audit import AUDITED

TOKEN: Final = 4  # random bytes in a file's name, so that no two attempts write the same object


@dataclass(frozen=True, slots=True)
class Keep:
    """How long the files of a finished export are kept, and whether S3 locks them so long."""

    period: timedelta
    is_locked: bool = False


class Writer:
    """Writes exports."""

    def __init__(
        self,
        jobs: AuditJobs,
        warehouse: Warehouse,
        objects: Objects,
        key: ManifestKey,
        freshness: FreshnessReader,
        keep: Keep,
    ) -> None:
        self._jobs, self._warehouse, self._objects = jobs, warehouse, objects
        self._key, self._freshness, self._keep = key, freshness, keep

    async def write(self, job: Export) -> None:
        """Writes the missing files and the manifest.

        Raises LostClaimError; QueryTooExpensiveError; DependencyUnavailableError, after which it can be called again.
        """
        if job.planned_at is None:
            reach = await self._freshness.of(AUDITED[job.query.dataset].table.name)
            await self._jobs.plan(job, reach.data_as_of, await self._warehouse.plan(job.query))
        for file in await self._jobs.files(job.id):
            if file.written is None:
                await self._write_file(job, file)
        await self._finish(job)

    async def _write_file(self, job: Export, file: ExportFile) -> None:
        with span("anlyt.audit.exportFile"):
            name = f"{file.number:04}-{token_hex(TOKEN)}.parquet"
            path = f"{job.id}/{name}"
            measured = await self._warehouse.write(job.query, file.time_slice, path)
            await self._jobs.keep(job, file.number, name, await self._objects.digest(path), measured)

    async def _finish(self, job: Export) -> None:
        """Writes the manifest last: if it exists, all files do. Locks end before the export expires."""
        planned = await self._jobs.one(job.id, job.caller)
        assert planned is not None
        signer = await self._key.signer()
        files = await self._jobs.files(job.id)
        checksum = await publish(
            self._objects, str(job.id), manifest.compose(planned, files, signer.public.kid), signer
        )
        if self._keep.is_locked:
            await self._lock(job, files)
        await self._jobs.finish(job, checksum, self._keep.period)

    async def _lock(self, job: Export, files: Sequence[ExportFile]) -> None:
        """Locks the files that the manifest lists, and the manifest. What interrupted attempts left is not locked."""
        until = datetime.now(UTC) + self._keep.period
        for name in [*(file.written.name for file in files if file.written), NAME, SIGNATURE]:
            await self._objects.lock(f"{job.id}/{name}", until)
