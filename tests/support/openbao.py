"""Runs OpenBao, and its agent, which writes secrets to files by templates."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import anyio
import httpx

from infra.embedded.ports import free_port
from tools.deployment import program

PATIENCE: Final = 90  # seconds, on a busy machine
TOKEN: Final = "root"  # of a server in memory, on 127.0.0.1 only
KV: Final = "secret/data/anlyt"  # as in the chart's values


@dataclass(frozen=True)
class OpenBao:
    """A running server. `client` has all rights."""

    url: str
    client: httpx.AsyncClient

    async def write(self, path: str, /, **values: Any) -> Any:
        """The data of the answer to a write. Raises HTTPStatusError."""
        response = await self.client.post(f"/v1/{path}", json=values)
        assert response.is_success, response.text
        return response.json().get("data") if response.content else None

    async def read(self, path: str) -> str:
        response = await self.client.get(f"/v1/{path}")
        assert response.is_success, response.text
        return response.text

    async def keep(self, secrets: Mapping[str, str]) -> None:
        """Replaces the fields of the chart's secret."""
        await self.write(KV, data=dict(secrets))


@asynccontextmanager
async def openbao(folder: Path) -> AsyncIterator[OpenBao]:
    """Runs a server in memory until the body ends."""
    port = free_port()
    options = (f"-dev-root-token-id={TOKEN}", f"-dev-listen-address=127.0.0.1:{port}", "-dev-no-store-token")
    async with _running(folder, "server", "-dev", *options):
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, headers={"X-Vault-Token": TOKEN}, timeout=PATIENCE) as client:
            await _until_unsealed(client)
            bao = OpenBao(url, client)
            await bao.write("sys/auth/approle", type="approle")  # how agents sign in
            yield bao


async def _until_unsealed(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if (await client.get("/v1/secret/config")).is_success:  # mounted last
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


@asynccontextmanager
async def agent(folder: Path, bao: OpenBao, templates: Mapping[str, str], *paths: str) -> AsyncIterator[Path]:
    """Runs an agent, which may read `paths`. Yields the folder with a file per template once all are written."""
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    await _allow(bao, [KV, *paths])
    role = (await bao.client.get("/v1/auth/approle/role/anlyt/role-id")).json()["data"]["role_id"]
    (folder / "role").write_text(role)
    (folder / "secret").write_text((await bao.write("auth/approle/role/anlyt/secret-id"))["secret_id"])
    sign_in = {"role_id_file_path": f"{folder}/role", "secret_id_file_path": f"{folder}/secret"}
    config = {
        "vault": {"address": bao.url},
        "auto_auth": {"method": [{"type": "approle", "config": sign_in}]},
        "template_config": {"static_secret_render_interval": "1s"},
        "template": [{"contents": text, "destination": f"{files}/{name}"} for name, text in templates.items()],
    }
    (folder / "agent.json").write_text(json.dumps(config))
    async with _running(folder, "agent", f"-config={folder}/agent.json") as process:
        async with asyncio.timeout(PATIENCE):
            while not all((files / name).exists() for name in templates):
                assert process.returncode is None, (folder / "log").read_text()
                await asyncio.sleep(0.05)
        yield files


async def _allow(bao: OpenBao, paths: Sequence[str]) -> None:
    """Gives the role `anlyt` the right to read these paths."""
    policy = "\n".join(f'path "{path}" {{ capabilities = ["read", "create", "update"] }}' for path in paths)
    await bao.write("sys/policies/acl/anlyt", policy=policy)
    await bao.write("auth/approle/role/anlyt", token_policies=["anlyt"], token_ttl="1h")


async def until_file(path: Path, text: str) -> None:
    """Waits until the agent has written a text."""
    async with asyncio.timeout(PATIENCE):
        while (await anyio.Path(path).read_text()).strip() != text:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _running(folder: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    await anyio.Path(folder).mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            program("bao"), *arguments, stdout=output, stderr=output, env={**os.environ, "HOME": str(folder)}
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
