"""chDB's chunks of FORMAT ArrowStream are a whole IPC stream each; a client reads one."""

import io
from collections.abc import Iterable, Iterator

import pyarrow as pa


def one_stream(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same batches, under the first chunk's schema and with one end."""
    sink = io.BytesIO()
    writer: pa.RecordBatchStreamWriter | None = None
    for chunk in chunks:
        reader = pa.ipc.open_stream(chunk)
        writer = writer or pa.ipc.new_stream(sink, reader.schema)
        for batch in reader:
            writer.write_batch(batch)
        yield _taken(sink)
    if writer is not None:
        writer.close()
        yield _taken(sink)


def _taken(sink: io.BytesIO) -> bytes:
    written = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return written
