"""A client that requests exports, fetches their files and verifies all of them."""

import asyncio
import hashlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.graph.support.problems import check_problem

PATIENCE = 120
ENDED = {"done", "failed", "cancelled", "expired"}


class Files(NamedTuple):
    """The verified manifest of an export, and the contents of its files in order."""

    manifest: Mapping[str, Any]
    contents: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class ExportClient:
    """`client` identifies its caller; `plain` does not, because links need no identity. `paths`: exports, keys."""

    client: httpx.AsyncClient
    plain: httpx.AsyncClient
    path: str
    keys_path: str

    async def ask(self, headers: Mapping[str, str] | None = None, /, **body: Any) -> str:
        response = await self.client.post(self.path, json=body, headers=dict(headers or {}))
        assert response.status_code == 202, response.text
        assert response.headers["location"] == f"{self.path}/{response.json()['id']}"
        id_: str = response.json()["id"]
        return id_

    async def refused(self, status: int, code: str, **body: Any) -> Any:
        response = await self.client.post(self.path, json=body)
        check_problem(response, status, code)
        return response.json()

    async def follow(self, id_: str) -> Any:
        response = await self.client.get(f"{self.path}/{id_}")
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

    async def files(self, id_: str) -> Files:
        """The files of an export, after it is done. Verifies the signed manifest, and the files byte by byte."""
        export = await self.ended(id_)
        assert export["status"] == "done", export
        text = await self.fetch(export["manifest"]["url"])
        manifest = json.loads(text)
        keys = (await self.client.get(self.keys_path)).json()["keys"]
        [x] = [key["x"] for key in keys if key["kid"] == manifest["keyId"]]
        public = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(x + "="))
        public.verify(await self.fetch(export["manifest"]["signatureUrl"]), text)
        assert export["checksum"] == f"sha256:{hashlib.sha256(text).hexdigest()}"
        links = {file["name"]: file["url"] for file in export["files"]}
        assert manifest["files"] == [
            {name: value for name, value in file.items() if name != "url"} for file in export["files"]
        ]
        contents = [await self.fetch(links[file["name"]]) for file in manifest["files"]]
        for file, content in zip(manifest["files"], contents, strict=True):
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
        assert manifest["rows"] == export["rows"] == sum(file["rows"] for file in manifest["files"])
        assert manifest["bytes"] == export["bytes"] == sum(map(len, contents))
        return Files(manifest, contents)
