"""Encodes rows block by block as whole files, with the same columns and values as the answers of queries."""

import io
from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from graph.dsl.answers import PrintedColumn
from graph.dsl.formats import arrow_schema, arrow_table, csv_header, csv_lines

FileFormat = Literal["csv", "arrow", "parquet"]
SUFFIXES: Final[Mapping[FileFormat, str]] = {"csv": "csv", "arrow": "arrows", "parquet": "parquet"}


class Encoder(Protocol):
    """One file in memory, to which rows are added."""

    def add(self, columns: Sequence[PrintedColumn]) -> int:
        """Adds rows. Returns the number of bytes so far."""

    def end(self) -> bytes:
        """Returns the whole file."""


def make_encoder(format_: FileFormat, columns: Sequence[PrintedColumn]) -> Encoder:
    """An empty file with these columns."""
    return _Csv(columns) if format_ == "csv" else _Arrow(columns, is_parquet=format_ == "parquet")


class _Csv:
    def __init__(self, columns: Sequence[PrintedColumn]) -> None:
        self._sink = io.BytesIO()
        self._sink.write(csv_header(columns))

    def add(self, columns: Sequence[PrintedColumn]) -> int:
        self._sink.write(csv_lines(columns))
        return self._sink.tell()

    def end(self) -> bytes:
        return self._sink.getvalue()


class _Arrow:
    """An Arrow IPC stream, or Parquet."""

    def __init__(self, columns: Sequence[PrintedColumn], *, is_parquet: bool) -> None:
        self._sink, self._schema = io.BytesIO(), arrow_schema(columns)
        self._writer: pq.ParquetWriter | pa.RecordBatchStreamWriter = (
            pq.ParquetWriter(self._sink, self._schema, compression="zstd")
            if is_parquet
            else pa.ipc.new_stream(self._sink, self._schema)
        )

    def add(self, columns: Sequence[PrintedColumn]) -> int:
        self._writer.write_table(arrow_table(columns, self._schema))
        return self._sink.tell()

    def end(self) -> bytes:
        self._writer.close()
        return self._sink.getvalue()
