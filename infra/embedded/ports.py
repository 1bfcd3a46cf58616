"""Free ports of 127.0.0.1, and the one that an engine had last."""

import socket
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom
from typing import Final

# Below the ephemeral ranges of the kernels (Linux: from 32768). There, a client that keeps trying to reach a stopped
# engine may get the engine's own port as its source, connect to itself, and so keep the engine from coming back.
RANGE = range(15_000, 32_000)
# How often a port that looked free may turn out to be taken by the time an engine listens.
ATTEMPTS = 5
FILE: Final = "port"  # in an engine's folder


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    while not is_free(port := SystemRandom().choice(RANGE)):
        pass
    return port


def free_ports(count: int) -> Sequence[int]:
    """So many different ones."""
    found: dict[int, None] = {}
    while len(found) < count:
        found[free_port()] = None
    return list(found)


def last_port(folder: Path) -> int:
    """The port of the engine's last run in `folder`, so that addresses noted down stay true; else a free one."""
    try:
        port = int((folder / FILE).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return free_port()
    return port if port in RANGE and is_free(port) else free_port()


def remember(folder: Path, port: int) -> None:
    """For the next run."""
    (folder / FILE).write_text(f"{port}\n", encoding="ascii")


def is_free(port: int) -> bool:
    """Whether a server could listen on `port`; like servers do, it looks past connections that are closing."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_taken_error(log: str) -> bool:
    """Whether an engine's last words are that its port was taken: all of them use the system's text for it."""
    return "address already in use" in log.lower()
