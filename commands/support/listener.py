"""The metrics listener of each process: `/metrics`, `/health/live` and `/health/ready`."""

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
from infra.urls import in_url

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Problems = Callable[[], Sequence[str]]
"""Returns why the process is not ready; empty if it is."""


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the library's name for it
        """Logs nothing: nobody reads a log of scrapes."""


def _server_class(host: str) -> type[WSGIServer]:
    family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]

    class Server(ThreadingMixIn, WSGIServer):
        address_family = family
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Logs a scraper's disconnection as information, any other error as an error."""
            error = sys.exception()
            if isinstance(error, OSError):
                logger().info("a client of /metrics disconnected", client=str(client_address))
            else:
                logger().error("metrics could not be served", exc_info=error)

    return Server


@contextmanager
def served(settings: Settings, *, fallback: bool, problems: Problems = tuple) -> Iterator[str]:
    """Serves `/metrics`, `/health/live` and `/health/ready` while the body runs. Yields the URL of `/metrics`.

    With `fallback`, a free port replaces an occupied one, so that a second process on the machine works. Raises
    UsageError if the process cannot listen on the address.
    """
    address, app = metrics_address(settings), _app(problems)
    host = address.host
    try:
        server = make_server(host, address.port, app, _server_class(host), _Handler)
    except OSError as error:
        if error.errno != errno.EADDRINUSE or not fallback:
            raise refusal(error, address) from error
        server = make_server(host, 0, app, _server_class(host), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{in_url(host)}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _app(problems: Problems) -> "WSGIApplication":
    metrics: Callable[..., Iterable[bytes]] = make_wsgi_app()

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/health/live":
                current: Sequence[str] = ()
            case "/health/ready":
                current = problems()
            case _:
                return metrics(environ, start_response)
        status = {"status": "unavailable", "problems": current} if current else {"status": "ok"}
        code = "503 Service Unavailable" if current else "200 OK"
        start_response(code, [("Content-Type", "application/json")])
        return [json.dumps(status).encode()]

    return app
