"""Exports for a caller: asked for, followed, listed, given up. What shows or gives data is recorded first."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

from msgspec import structs

from graph.access.cursors import CursorKey
from graph.audit.access import Operation, record
from graph.audit.exports.answers import ExportAnswer, ExportList, FileLink, ManifestLink, answer, progress
from graph.audit.exports.jobs import Export, ExportFile, Jobs, Written, add, unfinished
from graph.audit.exports.keys import ManifestKey, PublicKeys
from graph.audit.exports.manifest import NAME, SIGNATURE, described
from graph.audit.exports.objects import LINK_LIFETIME, Objects
from graph.audit.exports.request import parse
from graph.audit.regulator import Regulator
from graph.dsl.answers import Page
from graph.errors import NotFoundError, RateLimitedError
from infra.metrics import AUDIT_EXPORTS

MOST_UNFINISHED: Final = 100  # of one caller
PURPOSE: Final = "auditExports"  # of cursors
NEWEST: Final = 2**63 - 1  # beyond every access
SOON: Final = 60  # seconds


class Exports:
    """One for a process. DependencyUnavailableError while PostgreSQL is away."""

    def __init__(self, jobs: Jobs, objects: Objects, key: ManifestKey, cursors: CursorKey) -> None:
        self._jobs, self._objects, self._key, self._cursors = jobs, objects, key, cursors

    async def ask(self, regulator: Regulator, request_id: str, body: bytes) -> ExportAnswer:
        """A new export, which waits for its turn. InvalidQueryError has every problem; RateLimitedError."""
        asked, id_ = parse(body), uuid4()
        payload = {**asked.to_payload(), "export_id": str(id_)}
        async with self._jobs.transaction() as connection:
            if await unfinished(connection, regulator.name) >= MOST_UNFINISHED:
                raise RateLimitedError(f"{MOST_UNFINISHED} exports are not finished; wait for one, or cancel it.", SOON)
            access_id = await record(connection, regulator, request_id, "export", asked.tenant_id, payload, 0, 0)
            await add(connection, id_, access_id, regulator.name, asked)
        return await self._answer(await self._found(regulator, id_))

    async def follow(self, regulator: Regulator, request_id: str, id_: str) -> ExportAnswer:
        """How far it is; of one that is done, links to its files. NotFoundError."""
        job = await self._found(regulator, _uuid(id_))
        files = await self._jobs.files(job.id)
        made = progress(files)
        if job.state != "done":
            return answer(job, made)
        links_expire_at = datetime.now(UTC) + LINK_LIFETIME
        links = [await self._link(job, file, file.written) for file in files if file.written]
        await self._record(regulator, request_id, "exportFiles", job, made.row_count)
        return structs.replace(
            answer(job, made), files=links, manifest=await self._manifest(job), links_expire_at=links_expire_at
        )

    async def cancel(self, regulator: Regulator, request_id: str, id_: str) -> ExportAnswer:
        """Ends the work on it, and deletes its files; NotFoundError."""
        job = await self._found(regulator, _uuid(id_))
        await self._record(regulator, request_id, "exportCancel", job, 0)
        if await self._jobs.cancel(job):
            AUDIT_EXPORTS.labels("cancelled").inc()
        return await self._answer(await self._found(regulator, job.id))

    async def list_(self, regulator: Regulator, limit: int, after: str | None) -> ExportList:
        """A page, newest first; InvalidQueryError for a cursor of somewhere else."""
        cursors, before = await self._cursors.cursors(), NEWEST
        if after is not None:
            (before,) = cursors.open(PURPOSE, regulator.name, after, tuple[int], path="after")
        rows = await self._jobs.before(regulator.name, before, limit + 1)
        page = Page()
        if len(rows) > limit:
            end = rows[limit - 1][0].access_id
            page = Page(cursors.sign(PURPOSE, regulator.name, (end,)), has_next_page=True)
        return ExportList([answer(job, made) for job, made in rows[:limit]], page)

    async def public_keys(self) -> PublicKeys:
        """What verifies the signatures of manifests."""
        return PublicKeys(((await self._key.signer()).public,))

    async def _found(self, regulator: Regulator, id_: UUID) -> Export:
        job = await self._jobs.one(id_, regulator.name)
        if job is None:
            raise NotFoundError(f"There is no export {id_}.")
        return job

    async def _answer(self, job: Export) -> ExportAnswer:
        return answer(job, progress(await self._jobs.files(job.id)))

    async def _record(
        self, regulator: Regulator, request_id: str, operation: Operation, job: Export, rows: int
    ) -> None:
        request = {"export_id": str(job.id)}
        async with self._jobs.transaction() as connection:
            await record(connection, regulator, request_id, operation, job.asked.tenant_id, request, 0, rows)

    async def _link(self, job: Export, file: ExportFile, written: Written) -> FileLink:
        url = await self._objects.link(f"{job.id}/{written.name}")
        return FileLink(url=url, **structs.asdict(described(job.asked.dataset, file, written)))

    async def _manifest(self, job: Export) -> ManifestLink:
        return ManifestLink(
            url=await self._objects.link(f"{job.id}/{NAME}"),
            signature_url=await self._objects.link(f"{job.id}/{SIGNATURE}"),
        )


def _uuid(text: str) -> UUID:
    """NotFoundError for what is the id of nothing."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError("There is no such export.") from None
