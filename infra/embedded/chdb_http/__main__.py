"""`python -m infra.embedded.chdb_http FOLDER PORT`: the server on 127.0.0.1, its data in FOLDER/data.

FOLDER has `config.xml`, the engine's configuration, and gets `ready` with the server's pid once queries are answered.
"""

import os
import socket
import sys
from functools import partial
from pathlib import Path

import uvicorn

# Seconds. Longer than clients keep idle connections: an insert must not meet one that is just being closed here.
KEEP_ALIVE = 3600
# What a stopping server gives to running queries before it ends them.
GRACE = 1


def main(folder: str, port: int) -> None:
    # Before the engine, whose loading takes most of the start: a taken port should be known at once.
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    from infra.embedded.chdb_http.app import App
    from infra.embedded.chdb_http.engine import ChDB

    # chDB's location is a URL of sorts; relative paths keep the folder's name out of it.
    os.chdir(folder)
    app = App(partial(ChDB, "data?config-file=config.xml"), _ready)
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
