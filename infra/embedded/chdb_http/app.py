"""The HTTP server, as an ASGI application."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from starlette.types import Receive, Scope, Send

from infra.embedded.chdb_http.engine import ChDB
from infra.embedded.chdb_http.errors import QUERY_IS_TOO_LARGE, QueryError, in_stream, refused
from infra.embedded.chdb_http.protocol import Query, read_query

T = TypeVar("T")
Headers = Iterable[tuple[str, str]]

MAX_BODY = 1 << 30
KILL_EVERY = 0.05


class App:
    """The ASGI application. `open_engine` runs at startup and may block; `ready` is called when queries can arrive."""

    _engine: ChDB

    def __init__(self, open_engine: Callable[[], ChDB], ready: Callable[[], None], threads: int = 32) -> None:
        self._open_engine, self._ready = open_engine, ready
        self._queries = ThreadPoolExecutor(threads, "query")
        # Separate, so that a kill never waits for the queries that it ends.
        self._killer = ThreadPoolExecutor(1, "kill")
        self._handlers: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == "/ping":
            await _respond(send, 200, (), b"Ok.\n")
        else:
            await self._respond_to_query(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._engine = await self._in_thread(self._open_engine)
        self._ready()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        while self._handlers:
            await self._kill(None)
        self._engine.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _respond_to_query(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await _body(receive)
            if body is None:
                return
            query = read_query(scope["method"], scope["query_string"], headers, body)
        except QueryError as error:
            await _respond_error(send, error, ())
            return
        async with self._watched(query.query_id, receive):
            await (self._stream if query.streams else self._execute)(query, send)

    async def _execute(self, query: Query, send: Send) -> None:
        """Sends the whole result at once: all errors are HTTP errors, and the summary is exact."""
        begin = time.monotonic_ns()
        try:
            answer = await self._in_thread(lambda: self._engine.execute(query))
        except QueryError as error:
            await _respond_error(send, error, self._headers(query))
            return
        counts = {**answer.summary, "elapsed_ns": time.monotonic_ns() - begin}
        summary = json.dumps({name: str(count) for name, count in counts.items()})
        await _respond(send, 200, [*self._headers(query), ("x-clickhouse-summary", summary)], answer.body)

    async def _stream(self, query: Query, send: Send) -> None:
        """Sends chunks. An error before the first one is an HTTP error, a later one a block at the body's end."""
        tag = uuid.uuid4().hex[:16]
        async with self._chunks(query) as chunks:
            try:
                first = await anext(chunks, b"")
            except QueryError as error:
                await _respond_error(send, error, self._headers(query))
                return
            await _start(send, 200, [*self._headers(query), ("x-clickhouse-exception-tag", tag)])
            await _part(send, first)
            try:
                async for chunk in chunks:
                    await _part(send, chunk)
            except QueryError as error:
                await _part(send, in_stream(error, tag))
            await _part(send, b"", last=True)

    @asynccontextmanager
    async def _chunks(self, query: Query) -> AsyncIterator[AsyncIterator[bytes]]:
        """The result's chunks, each fetched in a thread on demand. Leaving the context ends the query."""
        chunks = self._engine.stream(query)
        try:
            yield self._fetched(chunks)
        finally:
            await self._in_thread(chunks.close)

    async def _fetched(self, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
        while (chunk := await self._in_thread(lambda: next(chunks, None))) is not None:
            yield chunk

    @asynccontextmanager
    async def _watched(self, query_id: str, receive: Receive) -> AsyncIterator[None]:
        handler = asyncio.current_task()
        assert handler is not None
        self._handlers.add(handler)
        watch = asyncio.create_task(self._kill_when_gone(query_id, receive))
        try:
            yield
        finally:
            watch.cancel()
            self._handlers.discard(handler)

    async def _kill_when_gone(self, query_id: str, receive: Receive) -> None:
        """Kills the query when the client disconnects.

        Repeats the kill until cancelled at the query's end, as the query may not be in the engine's list yet.
        """
        # After the body, the only message is the disconnection.
        await receive()
        while True:
            await self._kill(query_id)

    async def _kill(self, query_id: str | None) -> None:
        await asyncio.get_running_loop().run_in_executor(self._killer, self._engine.kill, query_id)
        await asyncio.sleep(KILL_EVERY)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        """Runs `call` in a thread. Waits for the thread even if cancelled: the caller closes its objects next."""
        future = asyncio.get_running_loop().run_in_executor(self._queries, call)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise

    def _headers(self, query: Query) -> Headers:
        yield "x-clickhouse-query-id", query.query_id
        yield "x-clickhouse-timezone", query.settings.get("session_timezone") or self._engine.timezone
        if query.returns_rows:
            yield "x-clickhouse-format", query.format


async def _body(receive: Receive) -> bytes | None:
    """The request's body; None if the client left before its end: half a statement must not run."""
    body = bytearray()
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise refused(QUERY_IS_TOO_LARGE, f"The body has more than {MAX_BODY} bytes")
        if not message.get("more_body"):
            return bytes(body)
    return None


async def _respond_error(send: Send, error: QueryError, headers: Headers) -> None:
    code = ("x-clickhouse-exception-code", str(error.code))
    await _respond(send, error.status, [*headers, code], str(error).encode() + b"\n")


async def _respond(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await _start(send, status, [*headers, ("content-length", str(len(body)))])
    await _part(send, body, last=True)


async def _start(send: Send, status: int, headers: Headers) -> None:
    encoded = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": encoded})


async def _part(send: Send, body: bytes, *, last: bool = False) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": not last})
