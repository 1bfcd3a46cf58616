"""The client for synchronous code.

Made by `python -m tools.export`; do not edit.
"""

import time
from collections.abc import Iterator
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
from anlyt_client.reports import Reports
from anlyt_client.retries import Outcome, Retries

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

T = TypeVar("T")
Row = TypeVar("Row")


class Client(Reports):
    """A client of one API. `headers` identify the caller: a bearer token, or the headers of a trusted network.

    Give a function in place of headers that change, such as a token that is renewed: each attempt calls it.
    `timeout`: the seconds for which a connection may be silent. Close the client after use, or open it by `with`.
    """

    def __init__(
        self, url: str, headers: Headers, *, timeout: float = 60.0, retries: Retries = DEFAULT_RETRIES
    ) -> None:
        self._connection = Connection(headers, retries)
        self._http = httpx.Client(base_url=url, timeout=timeout)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections."""
        self._http.close()

    def fetch(self, call: Call[T]) -> T:
        """The answer of a call. Raises ApiError, DisconnectedError or UnreadableAnswerError."""
        failed = 0
        while True:
            outcome = self._send(self._connection.request(self._http, call))
            failed += 1
            pause = self._connection.retries.next_pause(outcome, failed)
            if pause is None:
                return result(call, outcome)
            time.sleep(pause)

    def query(self, query: Query[Row], after: str | None = None) -> QueryAnswer[Row]:
        """One page of a query: the first, or the one after a cursor."""
        return self.fetch(page_call(query, after))

    def pages(self, query: Query[Row]) -> Iterator[QueryAnswer[Row]]:
        """Every page of a query. Raises TruncatedError at the end if the API left out rows."""
        answer = self.query(query)
        yield answer
        while after := cursor_after(answer):
            answer = self.query(query, after)
            yield answer

    def rows(self, query: Query[Row]) -> Iterator[Row]:
        """Every row of a query, page by page. Raises TruncatedError at the end if the API left out rows."""
        for page in self.pages(query):
            yield from page.data

    def arrow(self, query: Query[Any]) -> "pyarrow.Table":
        """All rows of a query as a table of pyarrow. Needs `anlyt-client[arrow]`."""
        return frames.to_arrow(self._arrow_pages(query))

    def pandas(self, query: Query[Any]) -> "pandas.DataFrame":
        """All rows of a query as a frame of pandas. Needs `anlyt-client[pandas]`."""
        return frames.to_pandas(self._arrow_pages(query))

    def polars(self, query: Query[Any]) -> "polars.DataFrame":
        """All rows of a query as a frame of polars. Needs `anlyt-client[polars]`."""
        return frames.to_polars(self._arrow_pages(query))

    def request_export(
        self, query: Query[Any], file_format: FileFormat = "csv", *, key: str | None = None
    ) -> ExportAnswer:
        """Requests files with all rows of a query; `limit` of the query is the most rows.

        With a `key`, the same request is the same export, however often it is sent.
        """
        return self.fetch(request_call(query, file_format, key))

    def export(self, query: Query[Any], file_format: FileFormat = "csv", *, key: str | None = None) -> ExportAnswer:
        """As `request_export`, and waits until it is done: the answer has links to its files.

        Raises ExportFailedError if the export fails, expires or is cancelled.
        """
        requested = self.request_export(query, file_format, key=key)
        while not is_done(found := self.follow_export(requested.id)):
            time.sleep(FOLLOWED_EVERY)
        return found

    def cancel_export(self, export_id: str) -> ExportAnswer:
        """Cancels an export at any time, and deletes its files."""
        return self.fetch(cancel_call(export_id))

    def live_throughput(self, every: int = 5) -> Iterator[LiveThroughput]:
        """What the platform counts, every so many seconds (1 to 30), for administrators. It does not end.

        It subscribes again whenever a stream ends. What is counted between two streams is in no event.
        """
        stream = LiveStream(every, self._connection.retries)
        while True:
            try:
                response = self._http.send(self._connection.subscription(self._http, stream.content), stream=True)
                try:
                    if not response.is_success:
                        response.read()
                        raise api_error(response)
                    for line in response.iter_lines():
                        if event := stream.read(line):
                            yield event
                    raise httpx.RemoteProtocolError("The stream ended.")
                finally:
                    response.close()
            except (httpx.RequestError, ApiError) as failure:
                time.sleep(stream.pause_after(failure))

    def _send(self, request: httpx.Request) -> Outcome:
        try:
            return self._http.send(request)
        except httpx.RequestError as error:
            return error

    def _arrow_pages(self, query: Query[Any]) -> list[ArrowPage]:
        pages = [self.fetch(arrow_call(query, None))]
        while after := cursor_after(pages[-1]):
            pages.append(self.fetch(arrow_call(query, after)))
        return pages
