"""What a caller does with exports of queries: request, status, list, cancel."""

import json
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import structs

from graph.access import Scope
from graph.access.addenda_log import UnmaskingLog
from graph.access.cursors import CursorKey
from graph.dsl.answers import Page
from graph.dsl.extracts import Extracts
from graph.errors import InvalidQueryError, NotFoundError
from graph.exports.keys import ManifestKey, PublicKeys
from graph.exports.manifest import manifest_link
from graph.exports.objects import LINK_LIFETIME, Objects
from graph.rest.exports.answers import ExportAnswer, ExportList, FileLink, answer
from graph.rest.exports.jobs import NEWEST, Owner, QueryExport, QueryJobs, owner_of
from graph.rest.exports.limits import limits_of
from graph.rest.exports.manifest import manifest_file
from graph.rest.exports.request import parse
from infra.metrics import EXPORTS
from infra.settings import Settings

PURPOSE: Final = "exports"  # of cursors
ADDENDUM_ENDED: Final = "The addendum under which it shows the names of MNOs has ended."


class Exports:
    """Answers callers about exports. All methods raise DependencyUnavailableError while PostgreSQL is unavailable."""

    def __init__(
        self,
        settings: Settings,
        jobs: QueryJobs,
        extracts: Extracts,
        objects: Objects,
        key: ManifestKey,
        cursors: CursorKey,
        unmaskings: UnmaskingLog,
    ) -> None:
        self._settings, self._jobs, self._extracts, self._objects = settings, jobs, extracts, objects
        self._key, self._cursors, self._unmaskings = key, cursors, unmaskings

    async def request(self, caller: Scope, body: bytes, key: str | None) -> ExportAnswer:
        """Queues a new export, or returns the one that the same request with the idempotency key made before.

        Raises InvalidQueryError with all problems, also if another request had the key; ForbiddenError;
        RateLimitedError.
        """
        owner, now = owner_of(caller), datetime.now(UTC)
        await self._extracts.check(caller, parse(body, now).query)
        limits = limits_of(self._settings, owner.tenant_id)
        usage = await self._jobs.usage(owner.tenant_id)
        async with self._jobs.transaction() as connection:
            unfinished = await self._jobs.unfinished(connection, owner.tenant_id)
            former = None if key is None else await self._jobs.repeated(connection, owner, key)
            if former is None:
                limits.check_request(unfinished, usage)
                id_ = await self._jobs.add(connection, owner, key, body, now)
            else:
                _check_same(former, body)
                id_ = former.id
        return answer(await self._export(owner, id_))

    async def status(self, caller: Scope, request_id: str, id_: UUID) -> ExportAnswer:
        """The state of an export; with links to its files if it is done. Raises NotFoundError.

        Links to names of MNOs are logged before they are returned. Without the addendum, the export expires.
        """
        owner = owner_of(caller)
        job = await self._export(owner, id_)
        if job.state == "done" and job.unmasked:
            if not await self._extracts.reads_names(caller):
                await self._jobs.withdraw(job, ADDENDUM_ENDED)
                return answer(await self._export(owner, id_))
            dataset = msgspec.json.decode(job.request)["dataset"]
            what = f"{dataset}: {', '.join(job.unmasked)} (export {job.id})"
            await self._unmaskings.log(owner.tenant_id, owner.caller, request_id, what)
        return await self._with_links(job) if job.state == "done" else answer(job)

    async def cancel(self, caller: Scope, id_: UUID) -> ExportAnswer:
        """Cancels an export and deletes its files. Raises NotFoundError."""
        owner = owner_of(caller)
        if await self._jobs.cancel(await self._export(owner, id_)):
            EXPORTS.labels("cancelled").inc()
        return answer(await self._export(owner, id_))

    async def list_(self, caller: Scope, limit: int, after: str | None) -> ExportList:
        """A page of the caller's exports, newest first. Raises InvalidQueryError for a foreign cursor."""
        owner, cursors, before = owner_of(caller), await self._cursors.cursors(), NEWEST
        context = json.dumps(owner)
        if after is not None:
            (before,) = cursors.open(PURPOSE, context, after, tuple[int], path="after")
        jobs = await self._jobs.before(owner, before, limit + 1)
        page = Page()
        if len(jobs) > limit:
            page = Page(cursors.sign(PURPOSE, context, (jobs[limit - 1].number,)), has_next_page=True)
        return ExportList(list(map(answer, jobs[:limit])), page)

    async def public_keys(self) -> PublicKeys:
        """The keys that verify the signatures of manifests."""
        return PublicKeys(((await self._key.signer()).public,))

    async def _export(self, owner: Owner, id_: UUID) -> QueryExport:
        job = await self._jobs.one(id_, owner)
        if job is None:
            raise NotFoundError(f"There is no export {id_}.")
        return job

    async def _with_links(self, job: QueryExport) -> ExportAnswer:
        links_expire_at = datetime.now(UTC) + LINK_LIFETIME
        links = [
            FileLink(url=await self._objects.link(f"{job.id}/{file.name}"), **structs.asdict(manifest_file(file)))
            for file in await self._jobs.files(job.id)
        ]
        manifest = await manifest_link(self._objects, str(job.id))
        return structs.replace(answer(job), files=links, manifest=manifest, links_expire_at=links_expire_at)


def _check_same(former: QueryExport, body: bytes) -> None:
    """Raises InvalidQueryError unless a body requests the same as that of a former export."""
    at = former.requested_at
    if parse(former.request, at) != parse(body, at):
        raise InvalidQueryError(
            f"Idempotency-Key: the export {former.id}, which is another request, has this key; use a new one."
        )
