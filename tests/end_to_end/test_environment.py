"""`anlyt dev` in a shell with settings of other programs, and in a home whose name needs quoting."""

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import pytest

from infra.embedded.certificates import DevCertificates
from tests.support.api import ADMIN, ANALYTICS
from tests.support.cli import Running, anlyt, environment
from tests.support.end_to_end import eventually, eventually_equal
from tests.support.otlp import Collector, collector

EXPORTS = "/v1/audit/exports"
WINDOW = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-02T00:00:00Z"}
# Runs a command with stdin closed, so that a socket could get its number.
SHELL = ("sh", "-c", 'umask 077; exec "$@" <&-', "sh")


def foreign_settings(proxy: str, temporary: Path) -> Mapping[str, str]:
    """Variables of other programs, which would break or mislead the service if it used them."""
    return {
        **dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"), proxy),
        **{"NO_PROXY": "elsewhere.example", "no_proxy": "elsewhere.example"},
        **{"PGHOST": "192.0.2.1", "PGUSER": "other", "PGPASSWORD": "other", "PGSSLMODE": "verify-full"},
        **{"PGSERVICE": "other", "PGDATABASE": "other", "PGPORT": "1"},
        **{"AWS_ENDPOINT_URL": proxy, "AWS_SESSION_TOKEN": "other", "AWS_REGION": "eu-central-1"},
        **{"OTEL_SDK_DISABLED": "true", "OTEL_PROPAGATORS": "other", "OTEL_BSP_SCHEDULE_DELAY": "200"},
        **{"KEDRO_ENV": "other", "KEDRO_LOGGING_CONFIG": "/nowhere", "CLICKHOUSE_CONNECT_USE_C": "0"},
        **{"SSL_CERT_FILE": "/nowhere", "TZ": "Asia/Kabul", "TMPDIR": str(temporary)},
        **{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"},
    }


@contextmanager
def recording_proxy() -> Iterator[tuple[str, list[bytes]]]:
    """Yields the address of a proxy, and the list of requests to it."""
    received: list[bytes] = []

    def listen(listener: socket.socket) -> None:
        while True:
            try:
                with listener.accept()[0] as connection:
                    received.append(connection.recv(4096))
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=listen, args=(listener,), daemon=True).start()
        yield f"http://user:secret@127.0.0.1:{listener.getsockname()[1]}", received
        listener.shutdown(socket.SHUT_RDWR)


def check_answers(api: str) -> None:
    with httpx.Client(base_url=api, headers=ADMIN, timeout=60) as client:
        eventually_equal(lambda: client.get("/health/ready").json()["status"], "ok")
        assert client.get(f"{ANALYTICS}/summary").json()["totalMessages"] == 0
        query = {"dataset": "dlr", "measures": ["messages"], "time": WINDOW}
        assert client.post("/v1/anlyt/query", json=query).raise_for_status().json()["data"] == [{"messages": 0}]


def check_export(audit: str, home: Path) -> None:
    """Exports a slice: ClickHouse writes the files to S3, the service writes the manifest."""
    files = DevCertificates(home / "tls")
    context = ssl.create_default_context(cafile=files.authority)
    context.load_cert_chain(*files.client)
    with httpx.Client(base_url=audit, verify=context, timeout=60) as client:
        id_ = client.post(EXPORTS, json={"tenantId": "tenant-001", **WINDOW}).raise_for_status().json()["id"]
        eventually_equal(lambda: client.get(f"{EXPORTS}/{id_}").json()["status"], "done")


@pytest.fixture
def traces() -> Iterator[Collector]:
    with collector() as receiver:
        yield receiver


def test_foreign_settings_have_no_effect(tmp_path: Path, traces: Collector) -> None:
    home = tmp_path / "homé [b] :x: 😀 \"quoted' $HOME" / "home"
    temporary = tmp_path / ("long" * 30)
    temporary.mkdir()
    with recording_proxy() as (proxy, received):
        settings = {**foreign_settings(proxy, temporary), "ANLYT_HOME": str(home), "ANLYT_OTLP_ENDPOINT": traces.url}
        shell = environment(tmp_path, settings)
        shell.pop("HOME", None)
        command = [*SHELL, sys.executable, "-m", "anlyt", "dev", "--s3"]
        with subprocess.Popen(command, env=shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            service = Running(process, home)
            try:
                endpoints = service.endpoints()
                check_answers(endpoints.api)
                check_export(str(endpoints.audit), home)
                run = anlyt(tmp_path, "pipeline", "cubes", **settings)
                assert (run.returncode, run.stdout) == (0, "cubes: done, 0 cells\n"), run.stderr
                eventually(lambda: traces.named("anlyt.api.summary"))
                assert service.stop() == 0
            finally:
                process.kill()
    assert received == []
