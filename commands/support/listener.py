"""The listener of a process that serves nobody else: `/metrics`, and whether it lives and is ready."""

import errno
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from infra.listening import metrics_address, refusal
from infra.settings import Settings
from infra.telemetry import logger

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Problems = Callable[[], Sequence[str]]
"""Why the process is not ready; empty if it is."""


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the library's name for it
        """Nobody reads who scraped."""


def _server_class(host: str) -> type[WSGIServer]:
    family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]

    class Server(ThreadingMixIn, WSGIServer):
        address_family = family
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A scraper that leaves is nobody's mistake; anything else is ours."""
            error = sys.exception()
            if isinstance(error, OSError):
                logger().info("a client of /metrics left", client=str(client_address))
            else:
                logger().error("metrics could not be shown", exc_info=error)

    return Server


@contextmanager
def served(settings: Settings, *, fallback: bool, problems: Problems = tuple) -> Iterator[str]:
    """Serves `/metrics`, `/health/live` and `/health/ready` while the body runs; yields the URL of the first.

    UsageError when nothing can listen there. With `fallback`, a port that is taken gives way to a free one: a second
    process on the same machine just works.
    """
    wanted, app = metrics_address(settings), _app(problems)
    host = wanted.host
    try:
        server = make_server(host, wanted.port, app, _server_class(host), _Handler)
    except OSError as error:
        if error.errno != errno.EADDRINUSE or not fallback:
            raise refusal(error, wanted) from error
        server = make_server(host, 0, app, _server_class(host), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _app(problems: Problems) -> "WSGIApplication":
    metrics: Callable[..., Iterable[bytes]] = make_wsgi_app()

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/health/live":
                found: Sequence[str] = ()
            case "/health/ready":
                found = problems()
            case _:
                return metrics(environ, start_response)
        status = {"status": "unavailable", "problems": found} if found else {"status": "ok"}
        code = "503 Service Unavailable" if found else "200 OK"
        start_response(code, [("Content-Type", "application/json")])
        return [json.dumps(status).encode()]

    return app
