"""The signed manifest, which lists the files of an export. Pure.

It depends only on the rows of a finished export in PostgreSQL, so a repeated run makes the same bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from graph.audit.exports.jobs import Export, ExportFile, Written
from graph.dsl.answers import QueryWindow
from schema.catalog.audit import AuditDataset
from schema.money import millionths, money

Charges = Annotated[
    Mapping[str, str] | UnsetType,
    Meta(description="Only for call detail records: the sum of `chargeAmount`, by currency."),
]


class ManifestFile(Struct, frozen=True, kw_only=True, rename="camel"):
    """One Parquet file, as it was read back from S3."""

    name: str
    window: Annotated[QueryWindow, Meta(description="The times of the file's events.")]
    rows: int
    bytes: int
    sha256: Annotated[str, Meta(description="The hash of the file, in hexadecimal.")]
    first_at: Annotated[datetime | None, Meta(description="The first event; null without events.")]
    last_at: Annotated[datetime | None, Meta(description="The last event; null without events.")]
    charges: Charges = UNSET


class Manifest(Struct, frozen=True, kw_only=True, rename="camel"):
    """All files of an export, and their totals."""

    version: str = "1"
    export_id: str
    access_id: int
    caller: str
    requested_at: datetime
    dataset: AuditDataset
    tenant_id: str
    window: QueryWindow
    verdict: str | None
    rule_type: str | None
    planned_at: datetime | None
    data_as_of: datetime | None
    rows: int
    bytes: int
    charges: Charges = UNSET
    files: Sequence[ManifestFile]
    key_id: str


def compose(job: Export, files: Sequence[ExportFile], key_id: str) -> bytes:
    """The manifest of an export whose files are all written, as JSON. `key_id`: the id of the key that will sign it."""
    written = [(file, file.written) for file in files if file.written is not None]
    if len(written) < len(files):
        raise AssertionError("a manifest needs all files written")
    manifest = Manifest(
        export_id=str(job.id),
        access_id=job.access_id,
        caller=job.caller,
        requested_at=job.requested_at,
        dataset=job.query.dataset,
        tenant_id=job.query.tenant_id,
        window=QueryWindow(job.query.from_, job.query.to),
        verdict=job.query.verdict,
        rule_type=job.query.rule_type,
        planned_at=job.planned_at,
        data_as_of=job.data_as_of,
        rows=sum(each.measured.row_count for _, each in written),
        bytes=sum(each.digest.byte_count for _, each in written),
        charges=charges(job.query.dataset, (each for _, each in written)),
        files=[manifest_file(job.query.dataset, file, each) for file, each in written],
        key_id=key_id,
    )
    return msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"


def charges(dataset: AuditDataset, written: Iterable[Written]) -> Mapping[str, str] | UnsetType:
    """The sums of charges over files, by currency; UNSET for other datasets."""
    if dataset != "cdr":
        return UNSET
    sums: dict[str, Decimal] = {}
    for each in written:
        for currency, amount in each.measured.charges.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return {currency: money(millionths(sums[currency])) for currency in sorted(sums)}


def manifest_file(dataset: AuditDataset, file: ExportFile, written: Written) -> ManifestFile:
    """The manifest's entry for a file."""
    return ManifestFile(
        name=written.name,
        window=QueryWindow(*file.time_slice),
        rows=written.measured.row_count,
        bytes=written.digest.byte_count,
        sha256=written.digest.sha256,
        first_at=written.measured.first_at,
        last_at=written.measured.last_at,
        charges=charges(dataset, [written]),
    )
