"""Writes one export: plans its slices, writes one file per slice, then the manifest. It resumes after interruptions."""

from datetime import timedelta
from secrets import token_hex
from typing import Final

from graph.audit.exports import manifest
from graph.audit.exports.jobs import AuditJobs, Export, ExportFile
from graph.audit.exports.warehouse import Warehouse
from graph.dsl.freshness import Freshness
from graph.exports.keys import ManifestKey
from graph.exports.manifest import publish
from graph.exports.objects import Objects
from infra.telemetry import span
from schema.catalog.audit import AUDITED

TOKEN: Final = 4  # random bytes in a file's name, so that no two attempts write the same object


class Writer:
    """Writes exports. `keep`: how long the files of a finished export are kept."""

    def __init__(
        self,
        jobs: AuditJobs,
        warehouse: Warehouse,
        objects: Objects,
        key: ManifestKey,
        freshness: Freshness,
        keep: timedelta,
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
        """Writes the manifest last: if it exists, all files do."""
        planned = await self._jobs.one(job.id, job.caller)
        assert planned is not None
        signer = await self._key.signer()
        content = manifest.compose(planned, await self._jobs.files(job.id), signer.public.kid)
        await self._jobs.finish(job, await publish(self._objects, str(job.id), content, signer), self._keep)
