import pyarrow as pa

from infra.embedded.chdb_http.arrow import one_stream


def _whole_stream(values: list[int]) -> bytes:
    sink = pa.BufferOutputStream()
    table = pa.table({"n": values})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def test_chunks_become_one_stream() -> None:
    parts = list(one_stream([_whole_stream([1, 2]), _whole_stream([3])]))
    assert pa.ipc.open_stream(b"".join(parts)).read_all().to_pydict() == {"n": [1, 2, 3]}


def test_every_chunk_is_passed_on_at_once() -> None:
    parts = one_stream(iter([_whole_stream([1]), _whole_stream([2])]))
    reader = pa.ipc.open_stream(next(parts) + next(parts))
    assert [reader.read_next_batch().to_pydict() for _ in range(2)] == [{"n": [1]}, {"n": [2]}]


def test_a_stream_without_rows_keeps_its_columns() -> None:
    table = pa.ipc.open_stream(b"".join(one_stream([_whole_stream([])]))).read_all()
    assert (table.column_names, table.num_rows) == (["n"], 0)


def test_nothing_comes_of_nothing() -> None:
    assert list(one_stream([])) == []
