"""`python -m infra.embedded.chdb_http FOLDER PORT`: runs the server on 127.0.0.1, with its data in FOLDER/data.

FOLDER has `config.xml`, the engine's configuration. The server writes its pid to FOLDER/ready when it answers queries.
It passes the configuration's `timezone` to chDB as TZ, the only variable for it that chDB reads, while it loads.
"""

import os
import socket
import sys
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import uvicorn

CONFIGURATION = "config.xml"
# Seconds. Longer than clients keep idle connections: an insert must not use a connection that the server is closing.
KEEP_ALIVE = 3600
# Seconds that a stopping server gives to running queries before it kills them.
GRACE = 1


def main(folder: str, port: int) -> None:
    # Before the engine, whose loading takes most of the start: an occupied port fails early.
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    # chDB parses its location as a URL; a relative path keeps special characters of the folder's name out of it.
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
