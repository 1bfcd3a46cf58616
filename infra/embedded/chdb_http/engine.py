"""Queries on the embedded engine. All calls block, release the GIL, and run in threads.

Each query has a connection of its own, with its own settings and database, so that nothing leaks into the next query.
Opening a connection takes 0.2-0.5 ms; queries on one connection would wait for each other.
"""

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, cast

from chdb.state import connect

from infra.embedded.chdb_http.arrow import one_stream
from infra.embedded.chdb_http.errors import from_engine
from infra.embedded.chdb_http.protocol import Query
from infra.embedded.chdb_http.statements import Insert


class Result(Protocol):
    def bytes(self) -> bytes: ...
    def rows_read(self) -> int: ...
    def bytes_read(self) -> int: ...
    def rows_written(self) -> int: ...
    def bytes_written(self) -> int: ...
    def storage_rows_read(self) -> int: ...
    def storage_bytes_read(self) -> int: ...


class Stream(Protocol):
    def fetch(self) -> Result | None: ...
    def cancel(self) -> None: ...


class Connection(Protocol):
    """`params` are escaped like TSV fields. A FORMAT in `sql` overrides `output`. All errors are RuntimeErrors."""

    def query(self, sql: bytes | str, output: str, params: Mapping[str, str] = ..., /) -> Result: ...
    def send_query(self, sql: bytes, output: str, params: Mapping[str, str], /) -> Stream: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Answer:
    """A whole result, and the counts for X-ClickHouse-Summary."""

    body: bytes
    summary: Mapping[str, int]


class ChDB:
    """The engine on one location, `folder?config-file=file`. One open connection keeps it running.

    Raises RuntimeError if another process uses the folder.
    """

    def __init__(self, location: str) -> None:
        self._location = location
        self._anchor = self._connect()
        self._anchor.query("CREATE DATABASE IF NOT EXISTS anlyt", "TSV")
        self.timezone = self._anchor.query("SELECT timezone()", "TSV").bytes().decode().strip()

    def close(self) -> None:
        self._anchor.close()

    def execute(self, query: Query) -> Answer:
        """Runs a query to its end. Raises QueryError."""
        with self._session(query) as connection:
            if query.insert is not None:
                return _insert(connection, query.insert)
            return _answer(connection.query(query.sql, query.format, query.parameters))

    def stream(self, query: Query) -> Generator[bytes, None, None]:
        """Chunks of the result while the query runs. Closing the iterator ends it. Any chunk may raise QueryError."""
        with self._session(query) as connection:
            chunks = _chunks(connection, query)
            yield from one_stream(chunks) if query.format == "ArrowStream" else chunks

    def kill(self, query_id: str | None = None) -> None:
        """Makes the engine end one query, or all of them, at their next block. Does not wait for the end."""
        which = f"Settings['log_comment'] = {_literal(query_id)}" if query_id else "true"
        connection = self._connect()
        try:
            connection.query(f"KILL QUERY WHERE {which} ASYNC", "TSV")
        finally:
            connection.close()

    def _connect(self) -> Connection:
        # chDB's types allow str only, but it accepts bytes; rows of an INSERT need not be UTF-8.
        return cast(Connection, connect(self._location))

    @contextmanager
    def _session(self, query: Query) -> Iterator[Connection]:
        # chDB does not let us choose a query's id, so `kill` finds the query by this comment.
        settings = {"log_comment": query.query_id, **query.settings}
        connection = self._connect()
        try:
            if query.database:
                connection.query(f"USE {_identifier(query.database)}", "TSV")
            connection.query(_set(settings), "TSV")
            yield connection
        except RuntimeError as error:
            raise from_engine(error) from error
        finally:
            connection.close()


def _insert(connection: Connection, insert: Insert) -> Answer:
    with os.fdopen(os.memfd_create("rows"), "wb") as file:
        file.write(insert.rows)
        file.flush()
        result = connection.query(insert.from_file(f"/proc/self/fd/{file.fileno()}"), "TSV")
        return Answer(b"", _answer(result).summary)


def _chunks(connection: Connection, query: Query) -> Iterator[bytes]:
    stream = connection.send_query(query.sql, query.format, query.parameters)
    try:
        empty = True
        while (result := stream.fetch()) is not None:
            empty = False
            yield result.bytes()
    finally:
        stream.cancel()
    if empty:
        # A stream without rows has no chunk, and so no header either.
        yield connection.query(query.sql, query.format, query.parameters).bytes()


def _answer(result: Result) -> Answer:
    summary = {
        "read_rows": result.storage_rows_read(),
        "read_bytes": result.storage_bytes_read(),
        "written_rows": result.rows_written(),
        "written_bytes": result.bytes_written(),
        "result_rows": result.rows_read(),
        "result_bytes": result.bytes_read(),
    }
    return Answer(result.bytes(), summary)


def _set(settings: Mapping[str, str]) -> str:
    return "SET " + ", ".join(f"{name} = {_literal(value)}" for name, value in settings.items())


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _identifier(text: str) -> str:
    return "`" + text.replace("\\", "\\\\").replace("`", "\\`") + "`"
