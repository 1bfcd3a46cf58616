"""The regulator's portal, which requests exports, fetches their files and verifies all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

import pyarrow.parquet as pq

from tests.support.export_client import ExportClient

PATH = "/v1/audit/exports"


@dataclass(frozen=True, slots=True)
class Portal(ExportClient):
    """`client` sends the portal's certificate."""

    path: str = PATH
    keys_path: str = "/v1/audit/keys"

    async def rows(self, id_: str) -> Sequence[Mapping[str, Any]]:
        """All rows of an export, after it is done. Verifies the files and what the manifest says of them."""
        manifest, contents = await self.files(id_)
        files = zip(manifest["files"], contents, strict=True)
        rows = [row for file, content in files for row in _verified(file, content)]
        _check_whole(manifest, await self.follow(id_), rows)
        return rows


def _verified(file: Mapping[str, Any], content: bytes) -> Sequence[Mapping[str, Any]]:
    """The rows of a file as the API prints them, after verifying the file."""
    rows = pq.read_table(BytesIO(content)).to_pylist()
    assert len(rows) == file["rows"]
    times = [row.get("at") or row["occurredAt"] for row in rows]
    order = list(zip(times, [row["eventKey"] for row in rows], strict=True))
    assert order == sorted(order)
    answers = [_printed(row) for row in rows]
    printed = [row.get("at") or row["occurredAt"] for row in answers]
    assert (file["firstAt"], file["lastAt"]) == ((printed[0], printed[-1]) if printed else (None, None))
    assert all(file["window"]["from"][:19] <= time[:19] <= file["window"]["to"][:19] for time in printed)
    if "charges" in file:
        assert file["charges"] == _charges(answers)
    return answers


def _check_whole(manifest: Mapping[str, Any], export: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    assert manifest["rows"] == len(rows)
    assert export["filesPlanned"] == export["filesWritten"] == len(manifest["files"])
    assert manifest.get("charges", {}) == (_charges(rows) if manifest["dataset"] == "cdr" else {})
    edges = [(file["window"]["from"], file["window"]["to"]) for file in manifest["files"]]
    assert [edge for edge, _ in edges] == [manifest["window"]["from"], *(edge for _, edge in edges[:-1])]
    assert edges[-1][1] == manifest["window"]["to"]
    for name in ("dataset", "tenantId", "window", "verdict", "ruleType", "accessId", "requestedAt", "dataAsOf"):
        assert manifest[name] == export[name]


def _charges(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + Decimal(row["chargeAmount"])
    return {currency: f"{amount:.6f}" for currency, amount in sorted(sums.items())}


def _printed(row: Mapping[str, Any]) -> Mapping[str, Any]:
    time = "at" if "at" in row else "occurredAt"
    plain = {name: value for name, value in row.items() if name not in {time, "eventKey"}}
    printed = {time: row[time].isoformat().replace("+00:00", "Z"), **plain}
    return {**printed, "chargeAmount": f"{row['chargeAmount']:.6f}"} if time == "occurredAt" else printed
