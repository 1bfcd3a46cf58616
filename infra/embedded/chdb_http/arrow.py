"""Joins chDB's chunks of FORMAT ArrowStream: each is a whole IPC stream, and a client reads only one."""

import io
from collections.abc import Iterable, Iterator

import pyarrow as pa


def one_stream(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks of one IPC stream with the same batches and the first chunk's schema."""
    sink = io.BytesIO()
    writer: pa.RecordBatchStreamWriter | None = None
    for chunk in chunks:
        reader = pa.ipc.open_stream(chunk)
        writer = writer or pa.ipc.new_stream(sink, reader.schema)
        for batch in reader:
            writer.write_batch(batch)
        yield _drain(sink)
    if writer is not None:
        writer.close()
        yield _drain(sink)


def _drain(sink: io.BytesIO) -> bytes:
    written = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return written
