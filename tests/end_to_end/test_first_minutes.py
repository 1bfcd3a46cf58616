"""`anlyt dev` when it cannot start: the last line says what to do, and no process remains."""

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

import psutil

from tests.support.cli import PATIENCE, Running, anlyt, environment
from tests.support.terminal import on_terminal

# A separate disk, which exists until its last process ends. Users other than root mount it in a user namespace.
NAMESPACE: Final = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--user", "--map-root-user")))
MOUNT: Final = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"'
READY: Final = "Ctrl-C stops everything."
ADVICE: Final = "Free some, or set ANLYT_HOME to a folder on another disk; then start again."


@contextmanager
def small_disk(disk: Path, size: str, *arguments: str) -> Iterator[Running]:
    """Runs `anlyt` with its home on a disk of a given size, in bytes."""
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
    """Fills the disk to the last byte."""
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
    """The disk fills suddenly, so that the engines stop on a full disk."""
    with small_disk(tmp_path / "disk", "500m", "dev") as service:
        wait_for_announcement(service)
        family = service.family()
        assert len(family) > 3
        fill(Path(f"/proc/{service.process.pid}/root{tmp_path}/disk"))
        _, err = service.process.communicate(timeout=PATIENCE)
    assert service.process.returncode == 1, err
    last = err.splitlines()[-1]
    assert re.fullmatch(f"anlyt: The disk of {service.home} is full: .* MB are needed. {ADVICE}", last), last
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
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


def test_a_terminal_shows_addresses_that_stay(tmp_path: Path) -> None:
    """In a folder with any name, beside a proxy: text only, and the engines keep their former addresses."""
    home = tmp_path / "пример é 例" / "home"
    proxy = dict.fromkeys(("HTTP_PROXY", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:1")
    seen = []
    for _ in range(2):
        shell = environment(tmp_path, {**proxy, "ANLYT_HOME": str(home)})
        with on_terminal(home, "dev", environment=shell) as (service, screen):
            screen.read_until(READY)
            found = service.endpoints()
            seen.append((found.nats, found.postgres, found.clickhouse))
            time.sleep(2)  # pipelines run at the start, and each run logs a line
            assert service.stop(signal.SIGINT) == 0
            screen.read_all()
        assert screen.lines[-1].endswith(READY), screen.text
        assert '{"' not in screen.text.replace('\'{"tenantId"', "")
        assert "pipeline succeeded" not in screen.text
    assert seen[0] == seen[1]
