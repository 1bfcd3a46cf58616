"""`python -m infra.embedded.chdb_http FOLDER PORT`: the server on 127.0.0.1, its data in FOLDER/data.

FOLDER has `config.xml`, the engine's configuration, and gets `ready` with the server's pid once queries are answered.
Its `timezone` is honoured as by ClickHouse itself; chDB knows only the variable TZ, which it reads while it is loaded.
"""

import os
import socket
import sys
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import uvicorn

CONFIGURATION = "config.xml"
# Seconds. Longer than clients keep idle connections: an insert must not meet one that is just being closed here.
KEEP_ALIVE = 3600
# What a stopping server gives to running queries before it ends them.
GRACE = 1


def main(folder: str, port: int) -> None:
    # Before the engine, whose loading takes most of the start: a taken port should be known at once.
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    # chDB's location is a URL of sorts; relative paths keep the folder's name out of it.
    os.chdir(folder)
    os.environ["TZ"] = ElementTree.parse(CONFIGURATION).findtext("timezone") or "UTC"  # noqa: S314  # our own file
    from infra.embedded.chdb_http.app import App
    from infra.embedded.chdb_http.engine import ChDB

    app = App(partial(ChDB, f"data?config-file={CONFIGURATION}"), _ready)
    config = uvicorn.Config(
        app,
        lifespan="on",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
    uvicorn.Server(config).run([listener])


def _ready() -> None:
    Path("ready").write_text(str(os.getpid()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
