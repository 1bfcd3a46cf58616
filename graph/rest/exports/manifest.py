"""The signed manifest, which lists the files of an export of a query. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta, Struct

from graph.dsl.extracts import ExtractMeta
from graph.rest.exports.jobs import ExportFile, QueryExport


class ManifestFile(Struct, frozen=True, kw_only=True, rename="camel"):
    """One file, as it was read back from S3."""

    name: str
    rows: int
    bytes: int
    sha256: Annotated[str, Meta(description="The hash of the file, in hexadecimal.")]


class Manifest(Struct, frozen=True, kw_only=True, rename="camel"):
    """The files of an export, in the order of their rows."""

    version: str = "1"
    export_id: str
    tenant_id: str | None
    caller: str
    requested_at: datetime
    request: Mapping[str, Any]
    meta: ExtractMeta
    rows: int
    bytes: int
    files: Sequence[ManifestFile]
    key_id: str


def compose(job: QueryExport, files: Sequence[ExportFile], key_id: str) -> bytes:
    """The manifest of an export whose files are all written, as JSON. `key_id`: the id of the key that will sign it."""
    if job.meta is None or job.rows_planned != sum(file.row_count for file in files):
        raise AssertionError("a manifest needs all rows written")
    manifest = Manifest(
        export_id=str(job.id),
        tenant_id=job.owner.tenant,
        caller=job.owner.caller,
        requested_at=job.requested_at,
        request=request_of(job),
        meta=job.meta,
        rows=job.rows_planned,
        bytes=sum(file.digest.byte_count for file in files),
        files=list(map(manifest_file, files)),
        key_id=key_id,
    )
    return msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"


def manifest_file(file: ExportFile) -> ManifestFile:
    """The manifest's entry for a file."""
    return ManifestFile(name=file.name, rows=file.row_count, bytes=file.digest.byte_count, sha256=file.digest.sha256)


def request_of(job: QueryExport) -> Mapping[str, Any]:
    """The request of an export, to be printed: byte for byte as it was sent, so that numbers stay exact."""
    return cast("Mapping[str, Any]", msgspec.Raw(job.request))
