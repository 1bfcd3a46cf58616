"""The API behind real Envoys with mutual TLS: who the caller is in each forwarding mode, over hops and rotations."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

import httpx
import pytest
from cryptography import x509

from graph.app import create_app
from graph.http.server import serving
from infra.embedded.certificates import Pair, issue, make_authority
from infra.embedded.engine import Engine
from infra.embedded.ports import free_port
from infra.postgres import open_pool
from infra.settings import read_settings
from tests.support.api import ANALYTICS
from tests.support.database import fresh_database
from tests.support.envoy import Config, Forwarding, client_tls, cluster, envoy, http_listener, mutual_tls
from tests.support.fixtures import template as template
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio

ADMIN: Final = "admin-dashboard"
PORTAL: Final = "customer-portal"
GATEWAY: Final = "ingress-gateway"
FORGED: Final = {"X-Forwarded-Client-Cert": f"By=spiffe://mesh/ns/anlyt/sa/api;URI=spiffe://mesh/ns/{ADMIN}/sa/web"}
DETAILS: Final[Config] = {"set_current_client_cert_details": {"uri": True, "dns": True, "subject": True}}
# A client learns of the refusal of its certificate when it reads (TLS 1.3), which httpx does not always wrap.
REFUSED: Final = (httpx.TransportError, ssl.SSLError)
# The summary is for administrators. 403 means that the caller is known and is none.
AS_ADMIN, AS_OTHER, UNKNOWN = 200, 403, 401


@dataclass(frozen=True)
class Identity:
    """The files of a workload's certificate, and of the authority that its peers' certificates must have."""

    folder: Path

    @property
    def files(self) -> tuple[Path, Path, Path]:
        return self.folder / "certificate.pem", self.folder / "key.pem", self.folder / "authority.pem"

    def write(self, pair: Pair, *authorities: Pair) -> None:
        """Replaces the files as Kubernetes and SPIRE do: each is moved over the one before it."""
        self.folder.mkdir(exist_ok=True)
        contents = (pair.pem(), pair.key_pem(), b"".join(each.pem() for each in authorities))
        for path, content in zip(self.files, contents, strict=True):
            new = path.with_suffix(".new")
            new.write_bytes(content)
            new.rename(path)


def workload(authority: Pair, namespace: str) -> Pair:
    """A certificate with a SPIFFE id. Its name 127.0.0.1 is for clients that verify the server."""
    spiffe = x509.UniformResourceIdentifier(f"spiffe://mesh/ns/{namespace}/sa/web")
    return issue(authority, namespace, [spiffe])


@pytest.fixture(scope="module")
async def api(template: Engine) -> AsyncIterator[int]:
    """The port of an API that trusts its mesh, over an empty database."""
    async with fresh_database(template) as dsn, open_pool(dsn, size=2, statement_timeout=30) as pool:
        settings = read_settings({"ANLYT_AUTH": "mesh"})
        app = create_app(settings, pool, {}, clickhouse=NO_CLICKHOUSE, development=False)
        async with serving(app, "127.0.0.1", 0) as url:
            yield httpx.URL(url).port or 0


@asynccontextmanager
async def sidecar(folder: Path, api: int, server: Identity, forwarding: Forwarding) -> AsyncIterator[str]:
    """An Envoy with mutual TLS in front of the API; yields its URL."""
    port = free_port()
    listener = http_listener(port, "api", forward_client_cert_details=forwarding, **DETAILS)
    async with envoy(folder, [mutual_tls(listener, *server.files)], [cluster("api", api)]):
        yield f"https://127.0.0.1:{port}"


async def status(url: str, client: Identity | None, headers: Mapping[str, str] | None = None) -> int:
    """The status of a request for the summary, over a new connection with the client's certificate."""
    # Like a mesh, this client verifies identities and not host names, which a workload's certificate does not have.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if client is not None:
        context.load_cert_chain(*client.files[:2])
    async with httpx.AsyncClient(verify=context, timeout=60) as connection:
        window = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-02T00:00:00Z"}
        response = await connection.get(f"{url}{ANALYTICS}/summary", params=window, headers=headers)
        return response.status_code


@dataclass(frozen=True)
class Workloads:
    """The certificates of one mesh."""

    authority: Pair
    server: Identity
    admin: Identity
    portal: Identity
    gateway: Identity


@pytest.fixture
def workloads(tmp_path: Path) -> Workloads:
    authority = make_authority("mesh")
    made = {name: Identity(tmp_path / name) for name in ("server", "admin", "portal", "gateway")}
    for name, namespace in (("server", "anlyt"), ("admin", ADMIN), ("portal", PORTAL), ("gateway", GATEWAY)):
        made[name].write(workload(authority, namespace), authority)
    return Workloads(authority, **made)


# What a mode makes of each request: admin's, portal's, and portal's with a forged header of admin.
EXPECTED: Final[Mapping[Forwarding, tuple[int, int, int]]] = {
    "SANITIZE_SET": (AS_ADMIN, AS_OTHER, AS_OTHER),  # the mode of a sidecar
    "APPEND_FORWARD": (AS_ADMIN, AS_OTHER, AS_OTHER),  # behind a gateway; only the last hop is read
    "SANITIZE": (UNKNOWN, UNKNOWN, UNKNOWN),  # nobody is named, so nobody is let in
    # These two do not name the peer; they pass on what it claims. docs/operations.md forbids them.
    "FORWARD_ONLY": (UNKNOWN, UNKNOWN, AS_ADMIN),
    "ALWAYS_FORWARD_ONLY": (UNKNOWN, UNKNOWN, AS_ADMIN),
}


@pytest.mark.parametrize("forwarding", get_args(Forwarding))
async def test_forwarding_modes(forwarding: Forwarding, api: int, workloads: Workloads, tmp_path: Path) -> None:
    async with sidecar(tmp_path / "sidecar", api, workloads.server, forwarding) as url:
        assert (
            await status(url, workloads.admin),
            await status(url, workloads.portal),
            await status(url, workloads.portal, FORGED),
        ) == EXPECTED[forwarding]
        with pytest.raises(REFUSED):
            await status(url, None)


async def test_several_hops(api: int, workloads: Workloads, tmp_path: Path) -> None:
    """Behind a gateway, the caller is the gateway, whose word about its own callers is not taken."""
    port = free_port()
    async with sidecar(tmp_path / "sidecar", api, workloads.server, "APPEND_FORWARD") as behind:
        to = cluster("sidecar", httpx.URL(behind).port or 0, **client_tls(*workloads.gateway.files))
        listener = http_listener(port, "sidecar", forward_client_cert_details="SANITIZE_SET", **DETAILS)
        async with envoy(tmp_path / "edge", [mutual_tls(listener, *workloads.gateway.files)], [to]):
            gateway = f"https://127.0.0.1:{port}"
            assert await status(gateway, workloads.admin) == AS_OTHER
            assert await status(gateway, workloads.portal, FORGED) == AS_OTHER


async def test_rotated_certificates(api: int, workloads: Workloads, tmp_path: Path) -> None:
    """Certificates and then the authority are replaced while requests go on; none fails for it."""
    old, new, server = workloads.authority, make_authority("mesh, renewed"), workloads.server
    async with sidecar(tmp_path / "sidecar", api, server, "SANITIZE_SET") as url:
        workloads.admin.write(workload(old, ADMIN), old)  # another certificate of the same workload
        assert await status(url, workloads.admin) == AS_ADMIN
        stranger = Identity(tmp_path / "stranger")
        stranger.write(workload(new, ADMIN), new)
        with pytest.raises(REFUSED):
            await status(url, stranger)
        server.write(workload(old, "anlyt"), old, new)  # both authorities are trusted for a while
        await eventually(url, stranger, AS_ADMIN)
        assert await status(url, workloads.admin) == AS_ADMIN
        server.write(workload(new, "anlyt"), new)
        await eventually(url, workloads.admin, None)
        assert await status(url, stranger) == AS_ADMIN


async def eventually(url: str, client: Identity, expected: int | None) -> None:
    """Waits for a status, or with None for the refusal of the client's certificate."""
    async with asyncio.timeout(60):
        while await _status_or_refusal(url, client) != expected:
            await asyncio.sleep(0.05)


async def _status_or_refusal(url: str, client: Identity) -> int | None:
    try:
        return await status(url, client)
    except REFUSED:
        return None
