"""Alertmanager with the shipped routes, and the webhooks that it notifies."""

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, Final, NamedTuple

import httpx
import msgspec

from infra.embedded.ports import free_port
from tests.support import shortened
from tests.support.cli import PATIENCE
from tools.export import ROOT
from tools.grafana.prometheus import program

ROUTES: Final = ROOT / "infra/alerts/alertmanager.yaml"


class Notification(NamedTuple):
    """One alert in one request to a receiver. `status`: firing or resolved. `began`: when it began to fire."""

    receiver: str
    status: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    began: datetime


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """`address`: host:port. `received`: everything that its receivers got, in this order."""

    address: str
    received: list[Notification] = field(default_factory=list)

    async def fired(self, labels: Mapping[str, str], since: datetime, patience: float) -> Notification:
        """Waits for an alert with these labels that began to fire at `since` or later."""
        return await self._wait(
            lambda each: each.status == "firing" and labels.items() <= each.labels.items() and each.began >= since,
            patience,
            labels,
        )

    async def resolved(self, alert: Notification, patience: float) -> None:
        """Waits until the receiver was told that the alert has ended."""
        same = alert.receiver, "resolved", alert.labels, alert.began
        await self._wait(
            lambda each: (each.receiver, each.status, each.labels, each.began) == same, patience, alert.labels
        )

    async def _wait(
        self, is_it: Callable[[Notification], bool], patience: float, labels: Mapping[str, str]
    ) -> Notification:
        deadline = monotonic() + patience
        while True:
            if found := next(filter(is_it, self.received), None):
                return found
            assert monotonic() < deadline, (labels, self.received[-20:])
            await asyncio.sleep(0.1)


@contextmanager
def alertmanager(folder: Path) -> Iterator[Alertmanager]:
    """Runs Alertmanager with shorter times, and with webhooks of this process in place of the examples'."""
    address = f"127.0.0.1:{free_port()}"
    manager = Alertmanager(address)
    with _webhooks(manager.received) as url:
        config = msgspec.yaml.decode(ROUTES.read_bytes())
        receivers = [_receiver(each, url) for each in config["receivers"]]
        changed = {**config, "route": shortened.route(config["route"]), "receivers": receivers}
        (folder / "alertmanager.yaml").write_bytes(msgspec.yaml.encode(changed))
        options = {
            "config.file": folder / "alertmanager.yaml",
            "storage.path": folder / "alertmanager",
            "web.listen-address": address,
            "cluster.listen-address": "",
        }
        command: list[str | Path] = [program("alertmanager"), *(f"--{name}={value}" for name, value in options.items())]
        with (
            (folder / "alertmanager.log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=log) as process,
        ):
            try:
                _wait_until_ready(address, process, folder / "alertmanager.log")
                yield manager
            finally:
                process.kill()


def _wait_until_ready(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with suppress(httpx.TransportError):
            if httpx.get(f"http://{address}/-/ready", timeout=PATIENCE).is_success:
                return
        sleep(0.1)
    raise AssertionError(log.read_text())


def _receiver(shipped: Mapping[str, Any], url: str) -> Mapping[str, Any]:
    hooks: Sequence[Mapping[str, Any]] = shipped["webhook_configs"]
    return {**shipped, "webhook_configs": [{**hook, "url": f"{url}/{shipped['name']}"} for hook in hooks]}


@contextmanager
def _webhooks(received: list[Notification]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == f"/{body['receiver']}"
            for each in body["alerts"]:
                began = datetime.fromisoformat(each["startsAt"])
                received.append(
                    Notification(body["receiver"], each["status"], each["labels"], each["annotations"], began)
                )
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's parameter
            """Logs nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
