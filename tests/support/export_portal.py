"""The regulator's portal, which requests exports, fetches their files and verifies all of them."""

import asyncio
import hashlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

import httpx
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.graph.support.problems import check_problem

PATH = "/v1/audit/exports"
PATIENCE = 120
ENDED = {"done", "failed", "cancelled", "expired"}


@dataclass(frozen=True, slots=True)
class Portal:
    """`client` sends the portal's certificate; `plain` sends none, because links need none."""

    client: httpx.AsyncClient
    plain: httpx.AsyncClient

    async def ask(self, **body: Any) -> str:
        response = await self.client.post(PATH, json=body)
        assert response.status_code == 202, response.text
        assert response.headers["location"] == f"{PATH}/{response.json()['id']}"
        assert response.json()["status"] in {"queued", "running"}
        id_: str = response.json()["id"]
        return id_

    async def refused(self, status: int, code: str, **body: Any) -> Any:
        response = await self.client.post(PATH, json=body)
        check_problem(response, status, code)
        return response.json()

    async def follow(self, id_: str) -> Any:
        response = await self.client.get(f"{PATH}/{id_}")
        assert response.status_code == 200, response.text
        return response.json()

    async def ended(self, id_: str) -> Any:
        return await self.until(id_, lambda export: export["status"] in ENDED)

    async def until(self, id_: str, is_so: Any) -> Any:
        async with asyncio.timeout(PATIENCE):
            while not is_so(export := await self.follow(id_)):
                assert "files" not in export or export["status"] == "done"
                await asyncio.sleep(0.05)
        return export

    async def fetch(self, url: str) -> bytes:
        response = await self.plain.get(url)
        assert response.status_code == 200, response.text
        return response.content

    async def rows(self, id_: str) -> Sequence[Mapping[str, Any]]:
        """All rows of an export, after it is done. Verifies the signed manifest and the files byte by byte."""
        export = await self.ended(id_)
        assert export["status"] == "done", export
        text = await self.fetch(export["manifest"]["url"])
        manifest = json.loads(text)
        keys = (await self.client.get("/v1/audit/keys")).json()["keys"]
        [x] = [key["x"] for key in keys if key["kid"] == manifest["keyId"]]
        public = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(x + "="))
        public.verify(await self.fetch(export["manifest"]["signatureUrl"]), text)
        assert export["checksum"] == f"sha256:{hashlib.sha256(text).hexdigest()}"
        links = {file["name"]: file["url"] for file in export["files"]}
        assert manifest["files"] == [
            {name: value for name, value in file.items() if name != "url"} for file in export["files"]
        ]
        rows = [row for file in manifest["files"] for row in _verified(file, await self.fetch(links[file["name"]]))]
        _check_whole(manifest, export, rows)
        return rows


def _verified(file: Mapping[str, Any], content: bytes) -> Sequence[Mapping[str, Any]]:
    """The rows of a file as the API prints them, after verifying the file."""
    assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
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
    assert manifest["rows"] == export["rows"] == len(rows)
    assert manifest["bytes"] == export["bytes"] == sum(file["bytes"] for file in manifest["files"])
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
