"""The `/metrics` listener of a process."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from infra.errors import UsageError
from infra.settings import Settings
from infra.telemetry import logger


def _told(request: object, client_address: object) -> None:
    """A scraper that leaves is nobody's mistake; anything else is ours."""
    error = sys.exception()
    if isinstance(error, OSError):
        logger().info("a client of /metrics left", client=str(client_address))
    else:
        logger().error("metrics could not be shown", exc_info=error)


@contextmanager
def served(settings: Settings, *, fallback: bool) -> Iterator[str]:
    """Serves `/metrics` while the body runs; yields its URL.

    With `fallback`, a port that is taken gives way to a free one: a second process on the same machine just works.
    """
    try:
        server, thread = start_http_server(settings.metrics_port, settings.api_host)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        if not fallback:
            raise UsageError(
                f"ANLYT_METRICS_PORT: port {settings.metrics_port} is in use; choose another one."
            ) from error
        server, thread = start_http_server(0, settings.api_host)
    server.handle_error = _told  # type: ignore[method-assign]  # its own prints a traceback
    try:
        yield f"http://{settings.api_host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
