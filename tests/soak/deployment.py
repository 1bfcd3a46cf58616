"""A whole deployment: four engines, an Envoy in front of each, and every process of the product as its own command."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil

from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from infra.embedded.ports import free_ports
from infra.embedded.postgres import postgres_server
from infra.embedded.s3 import s3_server
from infra.s3 import from_dsn
from tests.soak.supervised import Supervised, program, tree
from tests.support.cli import environment
from tests.support.command import run_command, start_command
from tests.support.envoy import cluster, configured, tcp_listener
from tests.support.regulator import Certificates, make_certificates

WORKERS: Final = ("ingest-1", "ingest-2")
OTHERS: Final = ("api", "schedule", "audit-api")
PATIENCE: Final = 600.0  # seconds until a command ends
PROXIED: Final = ("nats", "postgres", "clickhouse", "s3")


@dataclass(frozen=True)
class Deployment:
    """`settings`: of all processes, which reach the engines through the Envoys. `urls`: of `api` and `audit`."""

    folder: Path
    engines: Mapping[str, Engine]
    proxies: Mapping[str, Supervised]
    services: Mapping[str, Supervised]
    settings: Mapping[str, str]
    urls: Mapping[str, str]
    certificates: Certificates

    async def run(self, *command: str) -> int:
        """Runs a command until it ends. Returns its exit status."""
        new = environment(self.folder, self.settings)
        return (await asyncio.to_thread(run_command, command, new, PATIENCE)).returncode

    def parts(self) -> Mapping[str, Sequence[psutil.Process]]:
        """The processes of each part that is running."""
        engines = {name: tree(each.pid) for name, each in self.engines.items() if each.running}
        return engines | {name: each.processes for name, each in self.services.items()}


@asynccontextmanager
async def deployment(folder: Path) -> AsyncIterator[Deployment]:
    """Starts everything, migrates the stores, and stops everything after the body."""
    async with AsyncExitStack() as opened:
        s3 = await opened.enter_async_context(s3_server(folder / "s3"))
        postgres, nats, clickhouse = [
            await opened.enter_async_context(each)
            for each in (
                postgres_server(folder / "postgres"),
                nats_server(folder / "nats"),
                clickhouse_server(folder / "clickhouse", s3=from_dsn(s3.dsn)),
            )
        ]
        engines = {"nats": nats, "postgres": postgres, "clickhouse": clickhouse, "s3": s3}
        ports = dict(zip(PROXIED, free_ports(len(PROXIED)), strict=True))
        proxies = {name: _proxy(folder, name, ports[name], engines[name]) for name in PROXIED}
        certificates = make_certificates(folder)
        api, audit = free_ports(2)
        settings = _settings({name: _through(engines[name], ports[name]) for name in PROXIED}, certificates)
        settings |= {"ANLYT_API_PORT": str(api), "ANLYT_AUDIT_PORT": str(audit)}
        services = {name: Supervised(name, partial(_start, folder, name, settings)) for name in (*WORKERS, *OTHERS)}
        urls = {"api": f"http://127.0.0.1:{api}", "audit": f"https://localhost:{audit}"}
        for each in proxies.values():
            each.start()
            opened.push_async_callback(each.stop)
        running = Deployment(folder, engines, proxies, services, settings, urls, certificates)
        await _migrate(running)
        for each in services.values():
            opened.push_async_callback(each.stop)
        yield running


def _through(engine: Engine, port: int) -> str:
    return engine.url.replace(f":{urlsplit(engine.url).port}", f":{port}")


def _settings(urls: Mapping[str, str], certificates: Certificates) -> dict[str, str]:
    s3, files = from_dsn(urls["s3"]), certificates.files
    return {
        "ANLYT_NATS_URL": urls["nats"],
        "ANLYT_POSTGRES_DSN": urls["postgres"],
        "ANLYT_CLICKHOUSE_DSN": urls["clickhouse"],
        "ANLYT_S3_ENDPOINT": s3.endpoint,
        "ANLYT_S3_BUCKET": s3.bucket,
        "ANLYT_S3_ACCESS_KEY": s3.access_key,
        "ANLYT_S3_SECRET_KEY": s3.secret_key,
        "ANLYT_TLS_CERT": str(files.tls_cert),
        "ANLYT_TLS_KEY": str(files.tls_key),
        "ANLYT_TLS_CLIENT_CA": str(files.tls_client_ca),
        "ANLYT_INTEGRITY_LAG_HOURS": "1",
        "ANLYT_LOG_FORMAT": "json",
    }


def _proxy(folder: Path, name: str, port: int, engine: Engine) -> Supervised:
    home = folder / f"envoy-{name}"
    target = cluster(name, urlsplit(engine.url).port or 0)
    envoy = configured(home, [tcp_listener(port, name)], [target])
    return Supervised(f"envoy-{name}", program(envoy.command, home / "envoy.log"))


def _start(folder: Path, name: str, settings: Mapping[str, str]) -> BaseProcess:
    """Starts a command. Each of its processes has a log of its own."""
    command = "ingest" if name in WORKERS else name
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    number = sum(1 for _ in logs.glob(f"{name}.*.out"))
    out, error = logs / f"{name}.{number}.out", logs / f"{name}.{number}.err"
    return start_command([command], environment(folder, settings), out, error)


async def _migrate(running: Deployment) -> None:
    async with asyncio.timeout(PATIENCE):  # until the Envoys listen
        while await running.run("migrate") != 0:
            await asyncio.sleep(0.5)
