"""Writes one export of a query, always from its beginning: its rows are those of one statement."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Final, NamedTuple

from graph.dsl.answers import PrintedColumn
from graph.dsl.extracts import ChangedWhileReadError, Extract, Extracts
from graph.dsl.files import SUFFIXES, FileFormat, make_encoder
from graph.errors import InvalidQueryError
from graph.exports.jobs import LostClaimError
from graph.exports.keys import ManifestKey
from graph.exports.manifest import publish
from graph.exports.objects import Digest, Objects
from graph.rest.exports.jobs import ExportFile, QueryExport, QueryJobs
from graph.rest.exports.limits import limits_of
from graph.rest.exports.manifest import compose
from graph.rest.exports.request import parse
from infra.errors import DependencyUnavailableError
from infra.settings import Settings
from infra.telemetry import span

ATTEMPTS: Final = 5  # readings of figures that change
FILE_BYTES: Final = 32_000_000  # at which a file ends; it is in memory until then
TOKEN: Final = 4  # random bytes in a file's name, so that no two attempts write the same object
CHANGES: Final = f"The figures changed while they were read, {ATTEMPTS} times; request a window that has ended."


class Content(NamedTuple):
    """A whole file."""

    row_count: int
    content: bytes


class Writer:
    """Writes exports. `rows_per_file`: the most rows of a file."""

    def __init__(
        self,
        settings: Settings,
        jobs: QueryJobs,
        extracts: Extracts,
        objects: Objects,
        key: ManifestKey,
        rows_per_file: int,
    ) -> None:
        self._settings, self._jobs, self._extracts, self._objects = settings, jobs, extracts, objects
        self._key, self._rows_per_file = key, rows_per_file

    async def write(self, job: QueryExport) -> None:
        """Writes the files, then the manifest.

        Raises LostClaimError; an ApiError; DependencyUnavailableError, after which it can be called again.
        """
        for _ in range(ATTEMPTS):
            with suppress(ChangedWhileReadError):
                await self._write_files(job)
                await self._finish(job)
                return
        raise InvalidQueryError(CHANGES)

    async def _write_files(self, job: QueryExport) -> None:
        await self._jobs.begin(job)
        await self._objects.delete_all(str(job.id))
        asked, limits = parse(job.request, job.requested_at), limits_of(self._settings, job.owner.tenant_id)
        room = limits.row_count - (await self._jobs.usage(job.owner.tenant_id)).row_count
        query = replace(asked.query, limit=min(asked.query.limit, max(room, 1)))
        async with self._extracts.read(job.owner.scope, query) as extract:
            if extract.row_count > room or (extract.is_cut and query.limit != asked.limit):
                raise limits.exceeded()
            await self._jobs.describe(job, extract.meta, extract.row_count, extract.unmasked)
            number = 0
            async for file in encoded(extract, asked.format, self._rows_per_file):
                number += 1
                await self._write_file(job, number, SUFFIXES[asked.format], file)
                limits.check_usage(await self._jobs.usage(job.owner.tenant_id))

    async def _write_file(self, job: QueryExport, number: int, suffix: str, file: Content) -> None:
        with span("anlyt.api.exportFile"):
            name = f"{number:04}-{token_hex(TOKEN)}.{suffix}"
            path = f"{job.id}/{name}"
            digest = Digest(len(file.content), sha256(file.content).hexdigest())
            await self._objects.put(path, file.content)
            if await self._objects.digest(path) != digest:
                raise DependencyUnavailableError(f"S3 does not return what was written to {path}.")
            await self._jobs.keep(job, number, ExportFile(name, file.row_count, digest))

    async def _finish(self, job: QueryExport) -> None:
        """Writes the manifest last: if it exists, all files do."""
        written = await self._jobs.one(job.id, job.owner)
        if written is None:
            raise LostClaimError
        signer = await self._key.signer()
        content = compose(written, await self._jobs.files(job.id), signer.public.kid)
        sha256_ = await publish(self._objects, str(job.id), content, signer)
        await self._jobs.finish(job, sha256_, timedelta(days=self._settings.export_days))


async def encoded(extract: Extract, format_: FileFormat, rows_per_file: int) -> AsyncIterator[Content]:
    """The rows of an extract as files; one without rows if there are none."""
    # In threads: encoding a block takes longer than the event loop may be blocked.
    encoder, count, is_first = make_encoder(format_, extract.header), 0, True
    async for block in extract.blocks:
        begin, rows = 0, len(block[0].values)
        while begin < rows:
            part = _part(block, begin, min(begin + rows_per_file - count, rows))
            size = await asyncio.to_thread(encoder.add, part)
            added = len(part[0].values)
            begin, count = begin + added, count + added
            if count == rows_per_file or size >= FILE_BYTES:
                yield Content(count, await asyncio.to_thread(encoder.end))
                encoder, count, is_first = make_encoder(format_, extract.header), 0, False
    if count or is_first:
        yield Content(count, await asyncio.to_thread(encoder.end))


def _part(columns: Sequence[PrintedColumn], begin: int, end: int) -> Sequence[PrintedColumn]:
    """Some rows of a block."""
    return [replace(column, values=column.values[begin:end]) for column in columns]
