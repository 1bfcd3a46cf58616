"""A TCP proxy that cuts connections in the middle of an answer."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

SOME = 65_536  # bytes


@asynccontextmanager
async def cutting_proxy(url: str, cuts: Iterable[bytes]) -> AsyncIterator[str]:
    """Yields the URL of a proxy. Each of `cuts` is for one connection; further connections are whole.

    A connection ends where its answer first has the bytes of its cut. With b"", it ends before any answer.
    """
    target, remaining = urlsplit(url), iter(cuts)
    running: set[asyncio.Task[None]] = set()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cut = next(remaining, None)
        upstream, downstream = await asyncio.open_connection(target.hostname, target.port)
        try:
            async with asyncio.TaskGroup() as tasks:
                requests = tasks.create_task(_copy(reader, downstream, None))
                await _copy(upstream, writer, cut)
                requests.cancel()
        finally:
            writer.transport.abort()
            downstream.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(relay(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter, cut: bytes | None) -> None:
    """Copies until either end closes, or until the copied bytes contain the cut."""
    copied = b""
    with suppress(ConnectionError):
        while data := await source.read(SOME):
            if cut is not None:
                copied += data
                if cut in copied:
                    kept = len(data) - len(copied) + copied.index(cut) + len(cut)
                    target.write(data[:kept])
                    await target.drain()
                    return
            target.write(data)
            await target.drain()
