"""Free ports of 127.0.0.1, and the port of an engine's last run."""

import socket
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom
from typing import Final

# Below the ephemeral ports (Linux: from 32768). A client that retries a stopped engine may get an ephemeral port as its
# source. If it were the engine's own, the client would connect to itself and block the engine's restart.
RANGE = range(15_000, 32_000)
# Another program may occupy a free port before the engine listens; so often a start tries.
ATTEMPTS = 5
FILE: Final = "port"  # in an engine's folder


def free_port() -> int:
    """A port on which no program listens now."""
    while not is_free(port := SystemRandom().choice(RANGE)):
        pass
    return port


def free_ports(count: int) -> Sequence[int]:
    """`count` different free ports."""
    ports: dict[int, None] = {}
    while len(ports) < count:
        ports[free_port()] = None
    return list(ports)


def last_port(folder: Path) -> int:
    """The port of the engine's last run in `folder` if it is free, so that known addresses stay valid; else another."""
    try:
        port = int((folder / FILE).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return free_port()
    return port if port in RANGE and is_free(port) else free_port()


def remember(folder: Path, port: int) -> None:
    """Records the port in `folder`, for `last_port`."""
    (folder / FILE).write_text(f"{port}\n", encoding="ascii")


def is_free(port: int) -> bool:
    """Whether a server could listen on `port`. Ignores closing connections, as servers do (SO_REUSEADDR)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_taken_error(log: str) -> bool:
    """Whether the end of an engine's log says that its port was in use. All engines log the system's text for it."""
    return "address already in use" in log.lower()
