"""The client for asynchronous code."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from anlyt_client import frames
from anlyt_client.answers import ExportAnswer, LiveThroughput
from anlyt_client.calls import Call, api_error, result
from anlyt_client.connection import DEFAULT_RETRIES, Connection, Headers
from anlyt_client.errors import ApiError
from anlyt_client.exports import FOLLOWED_EVERY, FileFormat, cancel_call, is_done, request_call
from anlyt_client.live import LiveStream
from anlyt_client.queries import ArrowPage, Query, QueryAnswer, arrow_call, cursor_after, page_call
from anlyt_client.reports import AsyncReports
from anlyt_client.retries import Outcome, Retries

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

T = TypeVar("T")
Row = TypeVar("Row")


class AsyncClient(AsyncReports):
    """A client of one API. `headers` identify the caller: a bearer token, or the headers of a trusted network.

    Give a function in place of headers that change, such as a token that is renewed: each attempt calls it.
    `timeout`: the seconds for which a connection may be silent. Close the client after use, or open it by `with`.
    """

    def __init__(
        self, url: str, headers: Headers, *, timeout: float = 60.0, retries: Retries = DEFAULT_RETRIES
    ) -> None:
        self._connection = Connection(headers, retries)
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout)

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._http.aclose()

    async def fetch(self, call: Call[T]) -> T:
        """The answer of a call. Raises ApiError, DisconnectedError or UnreadableAnswerError."""
        failed = 0
        while True:
            outcome = await self._send(self._connection.request(self._http, call))
            failed += 1
            pause = self._connection.retries.next_pause(outcome, failed)
            if pause is None:
                return result(call, outcome)
            await asyncio.sleep(pause)

    async def query(self, query: Query[Row], after: str | None = None) -> QueryAnswer[Row]:
        """One page of a query: the first, or the one after a cursor."""
        return await self.fetch(page_call(query, after))

    async def pages(self, query: Query[Row]) -> AsyncIterator[QueryAnswer[Row]]:
        """Every page of a query. Raises TruncatedError at the end if the API left out rows."""
        answer = await self.query(query)
        yield answer
        while after := cursor_after(answer):
            answer = await self.query(query, after)
            yield answer

    async def rows(self, query: Query[Row]) -> AsyncIterator[Row]:
        """Every row of a query, page by page. Raises TruncatedError at the end if the API left out rows."""
        async for page in self.pages(query):
            for row in page.data:
                yield row

    async def arrow(self, query: Query[Any]) -> "pyarrow.Table":
        """All rows of a query as a table of pyarrow. Needs `anlyt-client[arrow]`."""
        return frames.to_arrow(await self._arrow_pages(query))

    async def pandas(self, query: Query[Any]) -> "pandas.DataFrame":
        """All rows of a query as a frame of pandas. Needs `anlyt-client[pandas]`."""
        return frames.to_pandas(await self._arrow_pages(query))

    async def polars(self, query: Query[Any]) -> "polars.DataFrame":
        """All rows of a query as a frame of polars. Needs `anlyt-client[polars]`."""
        return frames.to_polars(await self._arrow_pages(query))

    async def request_export(
        self, query: Query[Any], file_format: FileFormat = "csv", *, key: str | None = None
    ) -> ExportAnswer:
        """Requests files with all rows of a query; `limit` of the query is the most rows.

        With a `key`, the same request is the same export, however often it is sent.
        """
        return await self.fetch(request_call(query, file_format, key))

    async def export(
        self, query: Query[Any], file_format: FileFormat = "csv", *, key: str | None = None
    ) -> ExportAnswer:
        """As `request_export`, and waits until it is done: the answer has links to its files.

        Raises ExportFailedError if the export fails, expires or is cancelled.
        """
        requested = await self.request_export(query, file_format, key=key)
        while not is_done(found := await self.follow_export(requested.id)):
            await asyncio.sleep(FOLLOWED_EVERY)
        return found

    async def cancel_export(self, export_id: str) -> ExportAnswer:
        """Cancels an export at any time, and deletes its files."""
        return await self.fetch(cancel_call(export_id))

    async def live_throughput(self, every: int = 5) -> AsyncIterator[LiveThroughput]:
        """What the platform counts, every so many seconds (1 to 30), for administrators. It does not end.

        It subscribes again whenever a stream ends. What is counted between two streams is in no event.
        """
        stream = LiveStream(every, self._connection.retries)
        while True:
            try:
                response = await self._http.send(self._connection.subscription(self._http, stream.content), stream=True)
                try:
                    if not response.is_success:
                        await response.aread()
                        raise api_error(response)
                    async for line in response.aiter_lines():
                        if event := stream.read(line):
                            yield event
                    raise httpx.RemoteProtocolError("The stream ended.")
                finally:
                    await response.aclose()
            except (httpx.RequestError, ApiError) as failure:
                await asyncio.sleep(stream.pause_after(failure))

    async def _send(self, request: httpx.Request) -> Outcome:
        try:
            return await self._http.send(request)
        except httpx.RequestError as error:
            return error

    async def _arrow_pages(self, query: Query[Any]) -> list[ArrowPage]:
        pages = [await self.fetch(arrow_call(query, None))]
        while after := cursor_after(pages[-1]):
            pages.append(await self.fetch(arrow_call(query, after)))
        return pages
