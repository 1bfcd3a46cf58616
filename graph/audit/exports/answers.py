"""What is told of exports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from graph.audit.exports.jobs import Export, ExportFile, ExportProgress, State
from graph.audit.exports.manifest import ManifestFile
from graph.dsl.answers import Page, QueryWindow
from schema.catalog.audit import AuditDataset


class FileLink(ManifestFile, frozen=True, kw_only=True, rename="camel"):
    """One file, as in the manifest, and where to get it."""

    url: Annotated[str, Meta(description="Gives the file to whoever has this link, until `linksExpireAt`.")]


class ManifestLink(Struct, frozen=True, kw_only=True, rename="camel"):
    """The manifest, and the signature of its bytes."""

    url: str
    signature_url: Annotated[str, Meta(description="64 bytes: Ed25519, by the key `keyId` of the manifest.")]


class ExportAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """One export. What is `UNSET` is not told of it: links are of one that is done, and asked for by its id."""

    id: str
    status: State
    dataset: AuditDataset
    tenant_id: str
    window: QueryWindow
    verdict: str | None
    rule_type: str | None
    access_id: Annotated[int, Meta(description="The number under which the request is recorded.")]
    requested_at: datetime
    reason: Annotated[str | None, Meta(description="Why it failed, or what it waits for.")]
    data_as_of: datetime | None
    finished_at: datetime | None
    expires_at: Annotated[datetime | None, Meta(description="When its files are deleted.")]
    files_planned: Annotated[int | None, Meta(description="How many files it has or will have; null: not known yet.")]
    files_written: int
    rows: Annotated[int, Meta(description="In the files that are written.")]
    bytes: int
    checksum: Annotated[str | None, Meta(description="`sha256:` and the manifest's; null until it is done.")]
    files: Sequence[FileLink] | UnsetType = UNSET
    manifest: ManifestLink | UnsetType = UNSET
    links_expire_at: datetime | UnsetType = UNSET


class ExportList(Struct, frozen=True):
    """Exports, newest first."""

    data: Sequence[ExportAnswer]
    page: Page


def progress(files: Sequence[ExportFile]) -> ExportProgress:
    written = [file.written for file in files if file.written]
    rows = sum(each.measured.row_count for each in written)
    return ExportProgress(len(files), len(written), rows, sum(each.digest.byte_count for each in written))


def answer(job: Export, made: ExportProgress) -> ExportAnswer:
    """Without links."""
    return ExportAnswer(
        id=str(job.id),
        status=job.state,
        dataset=job.asked.dataset,
        tenant_id=job.asked.tenant_id,
        window=QueryWindow(job.asked.from_, job.asked.to),
        verdict=job.asked.verdict,
        rule_type=job.asked.rule_type,
        access_id=job.access_id,
        requested_at=job.requested_at,
        reason=job.reason,
        data_as_of=job.data_as_of,
        finished_at=job.finished_at,
        expires_at=job.expires_at,
        files_planned=made.planned if job.planned_at else None,
        files_written=made.written,
        rows=made.row_count,
        bytes=made.byte_count,
        checksum=f"sha256:{job.manifest_sha256}" if job.manifest_sha256 else None,
    )
