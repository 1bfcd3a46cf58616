"""The answers about exports."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from graph.audit.exports.jobs import Export, ExportFile, ExportProgress
from graph.audit.exports.manifest import ManifestFile
from graph.dsl.answers import Page, QueryWindow
from graph.exports.jobs import State
from graph.exports.manifest import ManifestLink
from schema.catalog.audit import AuditDataset
from schema.instants import AwareTime


class FileLink(ManifestFile, frozen=True, kw_only=True, rename="camel"):
    """One file, as in the manifest, with its link."""

    url: Annotated[str, Meta(description="Link to the file, valid for anyone until `linksExpireAt`.")]


class ExportAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """One export. It has links if it is done and was requested by its id."""

    id: str
    status: State
    dataset: AuditDataset
    tenant_id: str
    window: QueryWindow
    verdict: str | None
    rule_type: str | None
    access_id: Annotated[int, Meta(description="The number of the request in the access log.")]
    requested_at: AwareTime
    reason: Annotated[str | None, Meta(description="The reason for which it failed or waits.")]
    data_as_of: AwareTime | None
    finished_at: AwareTime | None
    expires_at: Annotated[AwareTime | None, Meta(description="The time at which its files are deleted.")]
    files_planned: Annotated[int | None, Meta(description="The number of its files; null: not known yet.")]
    files_written: int
    rows: Annotated[int, Meta(description="Rows in the written files.")]
    bytes: int
    checksum: Annotated[str | None, Meta(description="`sha256:` and the hash of the manifest; null until it is done.")]
    files: Sequence[FileLink] | UnsetType = UNSET
    manifest: ManifestLink | UnsetType = UNSET
    links_expire_at: AwareTime | UnsetType = UNSET


class ExportList(Struct, frozen=True):
    """Exports, newest first."""

    data: Sequence[ExportAnswer]
    page: Page


def progress(files: Sequence[ExportFile]) -> ExportProgress:
    """The progress of an export with these files."""
    written = [file.written for file in files if file.written]
    rows = sum(each.measured.row_count for each in written)
    return ExportProgress(len(files), len(written), rows, sum(each.digest.byte_count for each in written))


def answer(job: Export, progress: ExportProgress) -> ExportAnswer:
    """The answer about an export, without links."""
    return ExportAnswer(
        id=str(job.id),
        status=job.state,
        dataset=job.query.dataset,
        tenant_id=job.query.tenant_id,
        window=QueryWindow(job.query.from_, job.query.to),
        verdict=job.query.verdict,
        rule_type=job.query.rule_type,
        access_id=job.access_id,
        requested_at=job.requested_at,
        reason=job.reason,
        data_as_of=job.data_as_of,
        finished_at=job.finished_at,
        expires_at=job.expires_at,
        files_planned=progress.planned if job.planned_at else None,
        files_written=progress.written,
        rows=progress.row_count,
        bytes=progress.byte_count,
        checksum=f"sha256:{job.manifest_sha256}" if job.manifest_sha256 else None,
    )
