"""The audit API over real engines, and clients with various certificates."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509

from commands import audit_api
from graph.exports.runner import PACE, Pace
from infra.embedded.certificates import CLIENT, Pair, issue, make_authority
from infra.endpoints import Engines
from infra.settings import read_settings
from infra.tls import TlsFiles

QUERY = "/v1/audit/query"
NOBODY = Engines("nats://127.0.0.1:1", "postgresql://postgres@127.0.0.1:1/none", "http://127.0.0.1:1/anlyt")
_numbers = count()


@dataclass(frozen=True, slots=True)
class Certificates:
    """A folder with a certificate authority and the listener's files."""

    folder: Path
    authority: Pair

    @property
    def files(self) -> TlsFiles:
        return TlsFiles(self.folder / "server.pem", self.folder / "server.key", self.folder / "ca.pem")

    def serve(self, authority: Pair) -> None:
        """Writes the listener's files: a new certificate, and the authority that clients need."""
        server = issue(self.authority, "server", [x509.DNSName("localhost")])
        write(self.files.tls_cert, server.pem())
        write(self.files.tls_key, server.key_pem())
        write(self.files.tls_client_ca, authority.pem())

    def client(self, pair: Pair | None) -> ssl.SSLContext:
        """The TLS context of a client that trusts the listener and sends this certificate."""
        context = ssl.create_default_context(cadata=self.authority.pem().decode())
        if pair is not None:
            file = self.folder / f"client-{next(_numbers)}.pem"
            file.write_bytes(pair.key_pem() + pair.pem())
            context.load_cert_chain(file)
        return context

    def regulator(self) -> ssl.SSLContext:
        return self.client(issue(self.authority, "portal", [x509.DNSName(CLIENT)]))


def write(path: Path, content: bytes) -> None:
    """Replaces a file atomically, as a rotation does."""
    draft = path.with_suffix(".new")
    draft.write_bytes(content)
    draft.replace(path)


def make_certificates(folder: Path) -> Certificates:
    certificates = Certificates(folder, make_authority("authority"))
    certificates.serve(certificates.authority)
    return certificates


@asynccontextmanager
async def audit_listener(
    files: TlsFiles, engines: Engines = NOBODY, pace: Pace = PACE, *, development: bool = False, **settings: str
) -> AsyncIterator[str]:
    """Runs the audit API; yields its URL with the host name in its certificate."""
    read = read_settings({"ANLYT_AUDIT_PORT": "0", **settings})
    async with audit_api.running(read, engines, files, pace=pace, development=development) as url:
        yield url.replace("127.0.0.1", "localhost")


async def query(url: str, context: ssl.SSLContext, body: Any) -> httpx.Response:
    """Sends one audit query on a new connection."""
    async with httpx.AsyncClient(verify=context, timeout=30) as client:
        return await client.post(url + QUERY, json=body)
