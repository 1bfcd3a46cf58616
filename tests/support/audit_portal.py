"""The regulator's portal: it queries the audit listener with evidence, and verifies what it gets."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509

from infra.embedded.certificates import CLIENT, issue
from pipelines.stores import Stores
from tests.support.regulator import QUERY, Certificates, audit_listener, make_certificates
from tools.assets import NODE
from tools.export import ROOT

(COMMAND,) = re.findall(r"^python (verify\.py pages\.jsonl)$", (ROOT / "docs/audit.md").read_text(), re.MULTILINE)
# Python options that disable `assert`. The verifier has to find the same with each of them.
PYTHON_OPTIONS: Sequence[tuple[Sequence[str], Mapping[str, str]]] = [
    ((), {}),
    (("-O",), {}),
    ((), {"PYTHONOPTIMIZE": "1"}),
]


VERIFIER = ROOT / "graph/web/static/verify.js"
RUN_IN_NODE = """
import { readFileSync } from "node:fs";
const { Forged, verified } = await import(process.env.VERIFIER);
try {
  const pages = readFileSync("pages.jsonl", "utf8").trim().split("\\n").map(JSON.parse);
  console.log(await verified(pages));
} catch (error) {
  if (!(error instanceof Forged)) throw error;
  console.error(`NOT VERIFIED: ${error.message}.`);
  process.exit(1);
}
"""


class NotVerifiedError(Exception):
    """The verifier found that answers are wrong; carries its message."""


@dataclass(frozen=True, slots=True)
class Portal:
    """The regulator's portal, which keeps its answers in a folder."""

    client: httpx.AsyncClient
    folder: Path
    certificates: Certificates

    async def walk(self, tenant: str, from_: datetime, to: datetime, **more: Any) -> list[str]:
        """The text of every page of a query."""
        window = {"from": from_.isoformat(), "to": to.isoformat()}
        body: dict[str, Any] = {"tenantId": tenant, **window, "limit": 150, **more}
        pages = [await self._page(body)]
        while cursor := json.loads(pages[-1])["page"]["endCursor"]:
            pages.append(await self._page({**body, "after": cursor}))
        return pages

    async def _page(self, body: Any) -> str:
        response = await self.client.post(QUERY, json={**body, "evidence": True})
        assert response.status_code == 200, response.text
        return response.text

    def verify(self, pages: Sequence[str], checkpoint: str | None = None, key: str | None = None) -> str:
        """The output of the verifier for these pages. Runs a copy of it without any package.

        The verifier of the page in the browser, which has neither checkpoint nor key, has to say the same.
        """
        shutil.copy(ROOT / "graph/audit/verify.py", self.folder / "verify.py")
        (self.folder / "pages.jsonl").write_text("".join(f"{page}\n" for page in pages))
        (self.folder / "checkpoint.txt").write_text(checkpoint or "")
        more = [] if checkpoint is None else ["checkpoint.txt", *([] if key is None else [key])]
        runs = [
            subprocess.run(
                [sys.executable, "-S", *options, *COMMAND.split(), *more],
                cwd=self.folder,
                env=dict(environment),
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            for options, environment in PYTHON_OPTIONS
        ]
        if checkpoint is None:
            runs.append(self._in_javascript())
        assert len({(run.returncode, run.stdout, run.stderr) for run in runs}) == 1
        if runs[0].returncode:
            assert runs[0].returncode == 1, runs[0].stderr
            assert runs[0].stderr.startswith("NOT VERIFIED: "), runs[0].stderr
            raise NotVerifiedError(runs[0].stderr)
        return runs[0].stdout

    async def run_documented(self, section: str, changes: Mapping[str, str]) -> str:
        """Runs the first commands of a section of docs/audit.md; returns their output. Fails unless they succeed.

        They find the portal's certificate and the verifier in the folder, and this listener in place of port 3443.
        """
        client = issue(self.certificates.authority, "portal", [x509.DNSName(CLIENT)])
        (self.folder / "client.pem").write_bytes(client.pem())
        (self.folder / "client.key").write_bytes(client.key_pem())
        (self.folder / "ca.pem").write_bytes(self.certificates.authority.pem())
        shutil.copy(ROOT / "graph/audit/verify.py", self.folder / "verify.py")
        text = (ROOT / "docs/audit.md").read_text().partition(f"## {section}\n")[2]
        script: str = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[0]
        for old, new in {"https://127.0.0.1:3443": str(self.client.base_url), **changes}.items():
            assert old in script, old
            script = script.replace(old, new)
        path = f"{Path(sys.executable).parent}:{os.defpath}"
        command = ["bash", "-e", "-o", "pipefail", "-c", script]
        run = await asyncio.to_thread(
            partial(
                subprocess.run,
                command,
                cwd=self.folder,
                env={"PATH": path},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        )
        assert run.returncode == 0, (script, run)
        return str(run.stdout)

    def _in_javascript(self) -> "subprocess.CompletedProcess[str]":
        """The run of the verifier of the regulator's page, which is the same algorithm."""
        return subprocess.run(
            [NODE, "--input-type=module", "--eval", RUN_IN_NODE],
            cwd=self.folder,
            env={"VERIFIER": str(VERIFIER)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@asynccontextmanager
async def portal(stores: Stores, folder: Path) -> AsyncIterator[Portal]:
    certificates = make_certificates(folder)
    async with (
        audit_listener(certificates.files, stores.engines) as url,
        httpx.AsyncClient(base_url=url, verify=certificates.regulator(), timeout=30) as client,
    ):
        yield Portal(client, folder, certificates)
