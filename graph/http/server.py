"""Serves an ASGI application inside the running event loop."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from graph.http.admission import Admission
from graph.http.protocol import AdmittingProtocol, BoundedProtocol
from graph.http.tls import TlsProtocol
from infra.listening import Address, listen
from infra.urls import in_url


class _Server(uvicorn.Server):
    """Leaves signals to the process, which may run other parts beside this server."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(
    app: ASGIApp, host: str, port: int, *, tls: ssl.SSLContext | None = None, setting: str = "ANLYT_API"
) -> AsyncIterator[str]:
    """Serves `app` and yields its URL; port 0 selects a free port.

    With `tls`, each connection serves one request, so the client's certificate is checked for each request. At exit,
    running requests get their responses. Raises UsageError when it cannot bind the address of `setting`.
    """
    listener = listen(Address(host, port, f"{setting}_HOST", f"{setting}_PORT"))
    config = uvicorn.Config(
        app,
        http=TlsProtocol if tls else AdmittingProtocol if isinstance(app, Admission) else BoundedProtocol,
        ssl_context_factory=(lambda *_: tls) if tls else None,
        headers=[("Connection", "close")] if tls else None,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield f"{'https' if tls else 'http'}://{in_url(host)}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
