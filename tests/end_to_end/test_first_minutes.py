"""`anlyt dev` with a full disk or a used port: the last line says what to do, and no process is left."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import psutil
import pytest

from tests.support.cli import PATIENCE, Running, anlyt, environment
from tests.support.terminal import on_terminal

# A separate disk, which exists until its last process ends. Without root, it is mounted in a user namespace.
NAMESPACE: Final = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--user", "--map-root-user")))
MOUNT: Final = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"'
ROOT: Final = Path(__file__).parents[2]
READY: Final = "Ctrl-C stops everything."
# `anlyt` with a status line per tenth of a second, so that one would come before the addresses.
SHORT_MINUTES: Final = "import anlyt; from commands.support import status_lines as s; s.EVERY = 0.1; anlyt.main()"
ADVICE: Final = "Free some, or set ANLYT_HOME to a folder on another disk; then start again."


@contextmanager
def small_disk(disk: Path, size: str, *arguments: str) -> Iterator[Running]:
    """Runs `anlyt` with its home on a disk of this size."""
    disk.mkdir()
    command = [*NAMESPACE, "sh", "-c", MOUNT, "sh", size, str(disk), sys.executable, "-m", "anlyt", *arguments]
    shell = environment(disk, {})
    with subprocess.Popen(command, env=shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Running(process, disk / "home")
        finally:
            process.kill()


def wait_for_announcement(service: Running) -> None:
    assert service.process.stdout is not None
    assert READY in (line.strip() for line in service.process.stdout), service.process.communicate()


def fill(disk: Path) -> None:
    """Fills a disk completely."""
    with (disk / "something else").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 20))
        except OSError:
            pass


def test_a_disk_without_room_for_the_demo(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "600m", "dev", "--demo") as refused:
        out, err = refused.process.communicate(timeout=PATIENCE)
    assert (refused.process.returncode, out) == (1, "")
    assert err.startswith(f"anlyt: The disk of {tmp_path / 'disk' / 'home'} is full: 629 MB are free, 1,000 MB are ")
    assert err.endswith(f"{ADVICE}\n")


def test_a_disk_that_fills_while_it_runs(tmp_path: Path) -> None:
    """The disk fills up suddenly, so that the engines stop on a full disk."""
    with small_disk(tmp_path / "disk", "500m", "dev") as service:
        wait_for_announcement(service)
        processes = service.processes()
        assert len(processes) > 3
        fill(Path(f"/proc/{service.process.pid}/root{tmp_path}/disk"))
        _, err = service.process.communicate(timeout=PATIENCE)
    assert service.process.returncode == 1, err
    last = err.splitlines()[-1]
    assert re.fullmatch(f"anlyt: The disk of {service.home} is full: .* MB are needed. {ADVICE}", last), last
    _, alive = psutil.wait_procs(processes, timeout=60)
    assert not alive


def test_a_used_port_is_reported_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for name in ("ANLYT_API_PORT", "ANLYT_METRICS_PORT"):
            refused = anlyt(tmp_path, "dev", "--demo", **{name: str(port)})
            assert (refused.returncode, refused.stdout) == (2, "")
            assert refused.stderr == (
                f"anlyt: {name}: port {port} of 127.0.0.1 is in use. Stop the program that listens there, or "
                f"set {name} to another port; 0 picks a free one.\n"
            )
    assert list((tmp_path / "home").iterdir()) == []


def test_make_demo_ends_with_a_pointer_to_what_to_do(tmp_path: Path) -> None:
    """make adds a line of its own to the product's sentence."""
    made = ("--old-file=.venv/runnable", "--old-file=.venv/assets")  # installs nothing
    with socket.create_server(("127.0.0.1", 0)) as other:
        shell = environment(tmp_path, {"ANLYT_API_PORT": str(other.getsockname()[1]), "LC_ALL": "C"})
        refused = subprocess.run(
            ["make", *made, "demo"], cwd=ROOT, env=shell, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    assert refused.returncode == 2
    *_, sentence, last = refused.stderr.splitlines()
    assert sentence.endswith("or set ANLYT_API_PORT to another port; 0 picks a free one.")
    assert re.fullmatch(r"make.*: \*\*\* \[.*: the-line-above-says-what-to-do\] Error 2", last)


def test_a_terminal_shows_text_and_addresses_stay(tmp_path: Path) -> None:
    """Also in a folder with a non-ASCII name and with a proxy. After a restart, engines have the same addresses."""
    home = tmp_path / "пример é 例" / "home"
    proxy = dict.fromkeys(("HTTP_PROXY", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:1")
    addresses = []
    for _ in range(2):
        shell = environment(tmp_path, {**proxy, "ANLYT_HOME": str(home)})
        with on_terminal(home, "dev", environment=shell, program=("-c", SHORT_MINUTES)) as (service, screen):
            screen.read_until("All is well")
            assert READY in screen.text.partition("All is well")[0], screen.text
            endpoints = service.endpoints()
            addresses.append((endpoints.nats, endpoints.postgres, endpoints.clickhouse))
            time.sleep(2)  # pipelines run at the start, and each run is a line of the log
            assert service.stop(signal.SIGINT) == 0
            screen.read_all()
        assert screen.lines[-2:] == [
            "Stopping ...",
            f"Stopped. The data stays in {home}; `anlyt dev` continues with it.",
        ]
        assert '{"' not in screen.text.replace('\'{"tenantId"', "")
        assert "pipeline succeeded" not in screen.text
    assert addresses[0] == addresses[1]


def test_ctrl_c_has_one_exit_status(tmp_path: Path) -> None:
    """Also after the first checks, while the program is still importing."""
    home = tmp_path / "home"
    with on_terminal(home, "dev", environment=environment(tmp_path, {})) as (service, screen):
        while not home.exists():
            time.sleep(0.01)
        assert service.stop(signal.SIGINT) == 0
        screen.read_all()
    assert "Traceback" not in screen.text


def test_a_taken_audit_port_is_announced(tmp_path: Path) -> None:
    """The audit listens on another port. A client without a certificate causes no warning."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"port {other.getsockname()[1]} of 127.0.0.1 is in use."
        shell = environment(tmp_path, {"ANLYT_AUDIT_PORT": str(other.getsockname()[1])})
        with on_terminal(tmp_path / "home", "dev", environment=shell) as (service, screen):
            screen.read_until(READY)
            audit = str(service.endpoints().audit)
            with pytest.raises(httpx.TransportError):
                httpx.get(audit, verify=False)  # as a browser whose user accepts any server
            assert service.stop(signal.SIGINT) == 0
            screen.read_all()
    (line,) = [line for line in screen.lines if taken in line]
    assert line.endswith(f"Until then, the audit listens on {audit}.")
    assert f"{audit} (only with a client's certificate)" in screen.text
    assert "handshake" not in screen.text
