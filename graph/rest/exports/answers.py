"""The answers about exports of queries."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from graph.dsl.answers import Page
from graph.dsl.extracts import ExtractMeta
from graph.exports.jobs import State
from graph.exports.manifest import ManifestLink
from graph.rest.exports.jobs import QueryExport
from graph.rest.exports.manifest import ManifestFile, request_of
from schema.instants import AwareTime


class FileLink(ManifestFile, frozen=True, kw_only=True, rename="camel"):
    """One file, as in the manifest, with its link."""

    url: Annotated[str, Meta(description="Link to the file, valid for anyone until `linksExpireAt`.")]


class ExportAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """One export. It has links if it is done and was requested by its id."""

    id: str
    status: State
    request: Annotated[Mapping[str, Any], Meta(description="The request's body.")]
    requested_at: Annotated[AwareTime, Meta(description="Relative windows are resolved against this time.")]
    reason: Annotated[str | None, Meta(description="The reason for which it failed, waits, or expired early.")]
    meta: Annotated[ExtractMeta | None, Meta(description="The source of the figures; null until they are read.")]
    finished_at: AwareTime | None
    expires_at: Annotated[AwareTime | None, Meta(description="The time at which its files are deleted.")]
    rows_planned: Annotated[int | None, Meta(description="The number of its rows; null until they are read.")]
    rows: Annotated[int, Meta(ge=0, description="Rows in the written files.")]
    bytes: Annotated[int, Meta(ge=0, description="Bytes of the written files.")]
    files_written: Annotated[int, Meta(ge=0, description="The number of written files.")]
    checksum: Annotated[str | None, Meta(description="`sha256:` and the hash of the manifest; null until it is done.")]
    files: Sequence[FileLink] | UnsetType = UNSET
    manifest: ManifestLink | UnsetType = UNSET
    links_expire_at: AwareTime | UnsetType = UNSET


class ExportList(Struct, frozen=True):
    """The caller's exports, newest first."""

    data: Sequence[ExportAnswer]
    page: Page


def answer(job: QueryExport) -> ExportAnswer:
    """The answer about an export, without links."""
    return ExportAnswer(
        id=str(job.id),
        status=job.state,
        request=request_of(job),
        requested_at=job.requested_at,
        reason=job.reason,
        meta=job.meta,
        finished_at=job.finished_at,
        expires_at=job.expires_at,
        rows_planned=job.rows_planned,
        rows=job.row_count,
        bytes=job.byte_count,
        files_written=job.file_count,
        checksum=f"sha256:{job.manifest_sha256}" if job.manifest_sha256 else None,
    )
