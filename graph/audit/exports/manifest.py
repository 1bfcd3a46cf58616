"""What an export consists of, as a document that is signed. Pure.

It is made of what PostgreSQL has of an export whose files are all written, and of nothing else: whoever makes it again
makes the same bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from graph.audit.exports.jobs import Export, ExportFile, Written
from graph.dsl.answers import QueryWindow
from schema.catalog.audit import AuditDataset
from schema.money import millionths, money

NAME: Final = "manifest.json"
SIGNATURE: Final = f"{NAME}.sig"  # 64 bytes, of the manifest's bytes

Charges = Annotated[
    Mapping[str, str] | UnsetType, Meta(description="Of call detail records: `chargeAmount` added up by currency.")
]


class ManifestFile(Struct, frozen=True, kw_only=True, rename="camel"):
    """One Parquet file, as it was read back from S3."""

    name: str
    window: Annotated[QueryWindow, Meta(description="Which events are in it.")]
    rows: int
    bytes: int
    sha256: Annotated[str, Meta(description="Of the file, hexadecimal.")]
    first_at: Annotated[datetime | None, Meta(description="The first event; null when there is none.")]
    last_at: Annotated[datetime | None, Meta(description="The last event; null when there is none.")]
    charges: Charges = UNSET


class Manifest(Struct, frozen=True, kw_only=True, rename="camel"):
    """All files of an export, and what they are together."""

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
    """The manifest of an export all of whose files are written, as JSON; `key_id`: of the key that will sign it."""
    written = [(file, file.written) for file in files if file.written is not None]
    if len(written) < len(files):
        raise AssertionError("a manifest is of files that are all written")
    manifest = Manifest(
        export_id=str(job.id),
        access_id=job.access_id,
        caller=job.caller,
        requested_at=job.requested_at,
        dataset=job.asked.dataset,
        tenant_id=job.asked.tenant_id,
        window=QueryWindow(job.asked.from_, job.asked.to),
        verdict=job.asked.verdict,
        rule_type=job.asked.rule_type,
        planned_at=job.planned_at,
        data_as_of=job.data_as_of,
        rows=sum(each.measured.row_count for _, each in written),
        bytes=sum(each.digest.byte_count for _, each in written),
        charges=charges(job.asked.dataset, (each for _, each in written)),
        files=[described(job.asked.dataset, file, each) for file, each in written],
        key_id=key_id,
    )
    return msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"


def charges(dataset: AuditDataset, written: Iterable[Written]) -> Mapping[str, str] | UnsetType:
    """Sums over files, by currency."""
    if dataset != "cdr":
        return UNSET
    sums: dict[str, Decimal] = {}
    for each in written:
        for currency, amount in each.measured.charges.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return {currency: money(millionths(sums[currency])) for currency in sorted(sums)}


def described(dataset: AuditDataset, file: ExportFile, written: Written) -> ManifestFile:
    """A file, as the manifest has it."""
    return ManifestFile(
        name=written.name,
        window=QueryWindow(*file.part),
        rows=written.measured.row_count,
        bytes=written.digest.byte_count,
        sha256=written.digest.sha256,
        first_at=written.measured.first_at,
        last_at=written.measured.last_at,
        charges=charges(dataset, [written]),
    )
