"""What a caller does with exports: request, status, list, cancel. Access to data is logged before it is answered."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

from msgspec import structs

from graph.access.cursors import CursorKey
from graph.audit.access import Operation, record
from graph.audit.exports.answers import ExportAnswer, ExportList, FileLink, answer, progress
from graph.audit.exports.jobs import AuditJobs, Export, ExportFile, Written, add
from graph.audit.exports.manifest import manifest_file
from graph.audit.exports.request import parse
from graph.audit.regulator import Regulator
from graph.dsl.answers import Page
from graph.errors import NotFoundError, RateLimitedError
from graph.exports.keys import ManifestKey, PublicKeys
from graph.exports.manifest import manifest_link
from graph.exports.objects import LINK_LIFETIME, Objects
from infra.metrics import AUDIT_EXPORTS

MAX_UNFINISHED: Final = 100  # per caller
PURPOSE: Final = "auditExports"  # of cursors
NEWEST: Final = 2**63 - 1  # above all access ids
RETRY_AFTER: Final = 60  # seconds


class Exports:
    """Answers callers about exports. All methods raise DependencyUnavailableError while PostgreSQL is unavailable."""

    def __init__(self, jobs: AuditJobs, objects: Objects, key: ManifestKey, cursors: CursorKey) -> None:
        self._jobs, self._objects, self._key, self._cursors = jobs, objects, key, cursors

    async def request(self, regulator: Regulator, request_id: str, body: bytes) -> ExportAnswer:
        """Queues a new export. Raises InvalidQueryError with all problems; RateLimitedError."""
        query, id_ = parse(body), uuid4()
        payload = {**query.to_payload(), "export_id": str(id_)}
        async with self._jobs.transaction() as connection:
            if await self._jobs.unfinished(connection, regulator.name) >= MAX_UNFINISHED:
                raise RateLimitedError(
                    f"{MAX_UNFINISHED} exports are not finished; wait for one, or cancel it.", RETRY_AFTER
                )
            access_id = await record(connection, regulator, request_id, "export", query.tenant_id, payload, 0, 0)
            await add(connection, id_, access_id, regulator.name, query)
        return await self._answer(await self._export(regulator, id_))

    async def status(self, regulator: Regulator, request_id: str, id_: UUID) -> ExportAnswer:
        """The state of an export; with links to its files if it is done. Raises NotFoundError."""
        job = await self._export(regulator, id_)
        files = await self._jobs.files(job.id)
        export_progress = progress(files)
        if job.state != "done":
            return answer(job, export_progress)
        links_expire_at = datetime.now(UTC) + LINK_LIFETIME
        links = [await self._link(job, file, file.written) for file in files if file.written]
        await self._log(regulator, request_id, "exportFiles", job, export_progress.row_count)
        return structs.replace(
            answer(job, export_progress),
            files=links,
            manifest=await manifest_link(self._objects, str(job.id)),
            links_expire_at=links_expire_at,
        )

    async def cancel(self, regulator: Regulator, request_id: str, id_: UUID) -> ExportAnswer:
        """Cancels an export and deletes its files. Raises NotFoundError."""
        job = await self._export(regulator, id_)
        await self._log(regulator, request_id, "exportCancel", job, 0)
        if await self._jobs.cancel(job):
            AUDIT_EXPORTS.labels("cancelled").inc()
        return await self._answer(await self._export(regulator, job.id))

    async def list_(self, regulator: Regulator, limit: int, after: str | None) -> ExportList:
        """A page of the caller's exports, newest first. Raises InvalidQueryError for a foreign cursor."""
        cursors, before = await self._cursors.cursors(), NEWEST
        if after is not None:
            (before,) = cursors.open(PURPOSE, regulator.name, after, tuple[int], path="after")
        rows = await self._jobs.before(regulator.name, before, limit + 1)
        page = Page()
        if len(rows) > limit:
            end = rows[limit - 1][0].access_id
            page = Page(cursors.sign(PURPOSE, regulator.name, (end,)), has_next_page=True)
        return ExportList([answer(job, each) for job, each in rows[:limit]], page)

    async def public_keys(self) -> PublicKeys:
        """The keys that verify the signatures of manifests."""
        return PublicKeys(((await self._key.signer()).public,))

    async def _export(self, regulator: Regulator, id_: UUID) -> Export:
        job = await self._jobs.one(id_, regulator.name)
        if job is None:
            raise NotFoundError(f"There is no export {id_}.")
        return job

    async def _answer(self, job: Export) -> ExportAnswer:
        return answer(job, progress(await self._jobs.files(job.id)))

    async def _log(self, regulator: Regulator, request_id: str, operation: Operation, job: Export, rows: int) -> None:
        request = {"export_id": str(job.id)}
        async with self._jobs.transaction() as connection:
            await record(connection, regulator, request_id, operation, job.query.tenant_id, request, 0, rows)

    async def _link(self, job: Export, file: ExportFile, written: Written) -> FileLink:
        url = await self._objects.link(f"{job.id}/{written.name}")
        return FileLink(url=url, **structs.asdict(manifest_file(job.query.dataset, file, written)))
