"""Runs Envoy, the proxy of a mesh, with a configuration made of plain values."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import httpx

from infra.embedded.ports import free_port
from tools.deployment import program

PATIENCE: Final = 60  # seconds until it listens, on a busy machine
TYPE: Final = "type.googleapis.com/envoy.extensions"

Config: TypeAlias = dict[str, Any]
Forwarding: TypeAlias = Literal["SANITIZE", "FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET", "ALWAYS_FORWARD_ONLY"]
"""What Envoy does with X-Forwarded-Client-Cert of a request."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """The values of a running Envoy that change without a restart."""

    admin: str

    async def set(self, **values: int) -> None:
        """Sets values of the filter `faults`: `abort_percent`, `fixed_delay_percent`, `fixed_duration_ms`."""
        groups = {"abort_percent": "abort", "fixed_delay_percent": "delay", "fixed_duration_ms": "delay"}
        keys = {f"fault.http.{groups[name]}.{name}": str(value) for name, value in values.items()}
        await self._post("/runtime_modify", keys)

    async def _post(self, path: str, parameters: Mapping[str, str]) -> None:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            (await client.post(self.admin + path, params=parameters)).raise_for_status()


@dataclass(frozen=True, slots=True)
class Configured:
    """An Envoy that may be started: its command, and the port of its administration."""

    command: Sequence[str | Path]
    admin: int


def configured(folder: Path, listeners: Sequence[Config], clusters: Sequence[Config]) -> Configured:
    """Writes the configuration into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    admin = free_port()
    config = {
        "static_resources": {"listeners": listeners, "clusters": clusters},
        "admin": {"address": address(admin)},
        "node": {"id": "test", "cluster": "test"},
        "layered_runtime": {"layers": [{"name": "admin", "admin_layer": {}}]},
    }
    file = folder / "envoy.json"
    file.write_text(json.dumps(config))
    options = ("--config-path", file, "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning")
    return Configured([program("envoy"), *options], admin)


@asynccontextmanager
async def envoy(folder: Path, listeners: Sequence[Config], clusters: Sequence[Config]) -> AsyncIterator[Runtime]:
    """Runs Envoy until the body ends. Raises AssertionError with its log if it does not start."""
    new, log = configured(folder, listeners, clusters), folder / "envoy.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*new.command, stdout=output, stderr=output)
    try:
        async with asyncio.timeout(PATIENCE):
            while not await _is_ready(new.admin):
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.02)
        yield Runtime(f"http://127.0.0.1:{new.admin}")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _is_ready(admin: int) -> bool:
    """Whether all listeners of the Envoy with this admin port accept connections."""
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"http://127.0.0.1:{admin}/ready")).status_code == 200
        except httpx.TransportError:
            return False


def address(port: int) -> Config:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def cluster(name: str, port: int, **options: Any) -> Config:
    """A destination: a port of this machine. `options` may add TLS."""
    endpoint = {"endpoint": {"address": address(port)}}
    return {
        "name": name,
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
        **options,
    }


def http_listener(port: int, to: str, filters: Sequence[Config] = (), **options: Any) -> Config:
    """A listener that forwards all requests to the cluster `to`. `options` are those of the connection manager."""
    route = {"match": {"prefix": "/"}, "route": {"cluster": to, "timeout": "0s"}}
    router = http_filter("router", "filters.http.router.v3.Router")
    manager = {
        "@type": f"{TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "http",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [*filters, router],
        **options,
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    return {"name": f"http-{port}", "address": address(port), "filter_chains": [chain]}


def http_filter(name: str, kind: str, **options: Any) -> Config:
    return {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": f"{TYPE}.{kind}", **options}}


def mutual_tls(listener: Config, certificate: Path, key: Path, authority: Path) -> Config:
    """The listener with mutual TLS: it accepts only certificates that `authority` signed.

    Envoy reads the files again when a file is moved over one of them, so a rotation needs no restart.
    """
    [chain] = listener["filter_chains"]
    context = {
        "@type": f"{TYPE}.transport_sockets.tls.v3.DownstreamTlsContext",
        "require_client_certificate": True,
        "common_tls_context": _secrets(certificate, key, authority),
    }
    socket = {"name": "envoy.transport_sockets.tls", "typed_config": context}
    return {**listener, "filter_chains": [{**chain, "transport_socket": socket}]}


def client_tls(certificate: Path, key: Path, authority: Path) -> Config:
    """The options of a cluster with mutual TLS."""
    context = {
        "@type": f"{TYPE}.transport_sockets.tls.v3.UpstreamTlsContext",
        "common_tls_context": _secrets(certificate, key, authority),
    }
    return {"transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": context}}


def _secrets(certificate: Path, key: Path, authority: Path) -> Config:
    """The certificate, and the authority of the peers, as files that Envoy watches."""
    folder = certificate.parent
    watched = {"watched_directory": {"path": str(folder)}}
    pair = {"certificate_chain": {"filename": str(certificate)}, "private_key": {"filename": str(key)}, **watched}
    trusted = {"trusted_ca": {"filename": str(authority)}, **watched}
    return {
        "tls_certificate_sds_secret_configs": [_secret("pair", folder, {"tls_certificate": pair})],
        "validation_context_sds_secret_config": _secret("trusted", folder, {"validation_context": trusted}),
    }


def _secret(name: str, folder: Path, secret: Config) -> Config:
    resource = {"@type": f"{TYPE}.transport_sockets.tls.v3.Secret", "name": name, **secret}
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"resources": [resource]}))
    return {"name": name, "sds_config": {"path_config_source": {"path": str(file)}}}


def tcp_listener(port: int, to: str, **options: Any) -> Config:
    """A listener that forwards all bytes to the cluster `to`. `options` are those of the TCP proxy."""
    kind = f"{TYPE}.filters.network.tcp_proxy.v3.TcpProxy"
    proxy = {"@type": kind, "stat_prefix": to, "cluster": to, **options}
    chain = {"filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}]}
    return {"name": f"tcp-{port}", "address": address(port), "filter_chains": [chain]}


def faults() -> Config:
    """A filter that delays or refuses requests, in the shares that `Runtime.set` gives it: none at first."""
    none = {"numerator": 0}
    return http_filter(
        "fault",
        "filters.http.fault.v3.HTTPFault",
        abort={"http_status": 503, "percentage": none},
        delay={"fixed_delay": "1s", "percentage": none},
    )
