"""Runs PgBouncer in front of a PostgreSQL, as an ordinary user, because it refuses to run as root."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from infra.embedded.ports import free_port
from tools.pgbouncer import MISSING, PROGRAM

PATIENCE: Final = 30.0

Mode = Literal["session", "transaction", "statement"]


@contextmanager
def pgbouncer(folder: Path, dsn: str, mode: Mode, *others: str) -> Iterator[str]:
    """Yields the DSN through the pooler, for all databases of the server, the DSN's user and `others`."""
    assert PROGRAM.exists(), f"{PROGRAM.name} is missing; `make test` fetches it. {MISSING}"
    server, port = urlsplit(dsn), free_port()
    # PgBouncer reads these files as root, before it changes to a user that may not enter the folder.
    users, settings = folder / "users.txt", folder / f"{mode}.ini"
    users.write_text("".join(f'"{name}" ""\n' for name in (server.username, *others)))
    settings.write_text(
        f"[databases]\n* = host={server.hostname} port={server.port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {users}\npool_mode = {mode}\n"
        "default_pool_size = 20\ntcp_keepidle = 30\ntcp_keepintvl = 10\ntcp_keepcnt = 3\n"
    )
    user = [] if os.geteuid() else ["-u", "nobody"]
    with (folder / f"{mode}.log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, "-q", *user, settings], stdout=log, stderr=log)
    try:
        _wait(process, port, folder / f"{mode}.log")
        yield dsn.replace(f":{server.port}/", f":{port}/")
    finally:
        process.kill()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        else:
            return
