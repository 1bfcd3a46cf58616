"""Draws docs/pictures, a picture of each dashboard; run as `python -m tools.pictures`, which takes ten minutes.

A demo runs in a temporary folder, under a Prometheus of its own, goes through a drill (tools/grafana/drill.py)
and is asked what Grafana would ask. Not Grafana's pictures: what is drawn is the dashboards' JSON, and the answers.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from dashboards.board import Board
from dashboards.files import BOARDS
from infra.embedded.ports import free_port
from infra.endpoints import Endpoints
from tools.grafana import scraping
from tools.grafana.asking import Addresses, Connections, ask, opened
from tools.grafana.drawing import Drawn, picture
from tools.grafana.drill import drill
from tools.grafana.filling import All, Choices, Window
from tools.grafana.repeats import unrolled

FOLDER: Final = Path(__file__).parent.parent / "docs/pictures"
SCRAPE: Final = timedelta(seconds=5)
STARTING: Final = 300.0  # seconds that the demo's history may take
SETTLING: Final = timedelta(seconds=75)  # until rates have forgotten how the history was counted
WEEK: Final = timedelta(days=7)
CHOICES: Final[Choices] = {
    "mno": ["AWCC", "MTN_AF", "ROSHAN"],  # three of five rows: enough to see
    "lane": ["MARKETING", "OTP", "P0_EMERGENCY", "TRANSACTIONAL"],
    "prefix": All("'*'"),
    "capacity": [""],
    "currency": ["USD", "AFN"],
    "job": All("anlyt.*"),
}


def main() -> None:
    with TemporaryDirectory() as folder:
        port = free_port()
        every = f"{SCRAPE.seconds}s"
        with scraping.prometheus(Path(folder), f"127.0.0.1:{port}", every=every) as url, _demo(folder, port) as found:
            asyncio.run(_draw(found, Addresses(url, found.clickhouse, found.postgres)))


async def _draw(found: Endpoints, addresses: Addresses) -> None:
    began = await drill(found)
    FOLDER.mkdir(exist_ok=True)
    async with opened(addresses) as to:
        for board in BOARDS:
            (FOLDER / f"{board.uid}.png").write_bytes(await drawn(board, to, began))


async def drawn(board: Board, to: Connections, began: datetime) -> bytes:
    """A PNG: the drill, or the week before it for boards that begin with days."""
    window = Window(began + SETTLING, datetime.now(UTC), SCRAPE, SCRAPE)
    if board.since.endswith("d"):
        window = Window(window.end - WEEK, window.end, timedelta(hours=4))
    parts = [
        Drawn(panel, [await ask(target, to, window, choices) for target in panel.get("targets", ())], window)
        for panel, choices in unrolled(board.json()["panels"], CHOICES)
    ]
    return picture(board.title, parts)


@contextmanager
def _demo(folder: str, metrics_port: int) -> Iterator[Endpoints]:
    """`anlyt dev --demo`, from when its history is counted."""
    ports = {"ANLYT_METRICS_PORT": str(metrics_port), "ANLYT_API_PORT": "0", "ANLYT_AUDIT_PORT": "0"}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANLYT_")}
    command = [sys.executable, "-m", "anlyt", "dev", "--demo"]
    with subprocess.Popen(command, env=clean | ports | {"ANLYT_HOME": folder}) as process:
        try:
            yield _endpoints(Path(folder) / "endpoints.json")
        finally:
            process.send_signal(signal.SIGINT)


def _endpoints(file: Path) -> Endpoints:
    """TimeoutError if the demo does not come up."""
    deadline = time.monotonic() + STARTING
    while not file.exists():
        if time.monotonic() > deadline:
            raise TimeoutError("The demo has not started.")
        time.sleep(0.2)
    return msgspec.json.decode(file.read_bytes(), type=Endpoints)


if __name__ == "__main__":
    main()
