"""Encodes an answer's rows as CSV and Arrow, with the same columns and values as in JSON."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa

from graph.dsl.answers import PREVIOUS, PrintedColumn, QueryAnswer
from graph.dsl.columns import Kind

# Money is text, as in JSON, so that all formats have the same exact values.
ARROW_TYPES: Final[Mapping[Kind, Any]] = {
    "text": pa.string(),
    "time": pa.string(),
    "money": pa.string(),
    "integer": pa.int64(),
    "rate": pa.float64(),
}


def to_csv(columns: Sequence[PrintedColumn]) -> bytes:
    """Returns CSV (RFC 4180) with a header line; null is an empty field.

    Values are not escaped against spreadsheets that evaluate a text beginning with `=`: import the columns as text.
    """
    return csv_header(columns) + csv_lines(columns)


def csv_header(columns: Sequence[PrintedColumn]) -> bytes:
    """Returns the header line of CSV."""
    return _csv([list(map(_flat_name, columns))])


def csv_lines(columns: Sequence[PrintedColumn]) -> bytes:
    """Returns the lines of CSV below the header."""
    return _csv(zip(*(each.values for each in columns), strict=True))


def to_arrow(columns: Sequence[PrintedColumn], answer: QueryAnswer) -> bytes:
    """Returns an Arrow IPC stream, with `page`, `meta` and `totals` as JSON in the schema's metadata."""
    schema = arrow_schema(columns).with_metadata(notes(answer))
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema) as stream:
        stream.write_table(arrow_table(columns, schema))
    return sink.getvalue()


def arrow_schema(columns: Sequence[PrintedColumn]) -> pa.Schema:
    """Returns the schema of columns in Arrow."""
    return pa.schema([pa.field(_flat_name(each), ARROW_TYPES[each.kind]) for each in columns])


def arrow_table(columns: Sequence[PrintedColumn], schema: pa.Schema) -> pa.Table:
    """Returns columns as a table with this schema."""
    return pa.table([pa.array(each.values, field.type) for each, field in zip(columns, schema, strict=True)], schema)


def notes(answer: QueryAnswer) -> Mapping[str, str]:
    """Returns `page`, `meta` and `totals` of an answer, each as JSON in ASCII; leaves out those that are null."""
    parts = {"page": answer.page, "meta": answer.meta, "totals": answer.totals}
    return {name: msgspec.json.encode(value).decode() for name, value in parts.items() if value is not None}


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _flat_name(column: PrintedColumn) -> str:
    return f"{PREVIOUS}.{column.name}" if column.is_previous else column.name
