import gzip
import uuid

import pytest

from infra.embedded.chdb_http.errors import QueryError
from infra.embedded.chdb_http.protocol import Query, read_query
from infra.embedded.chdb_http.statements import Insert


def _read(query_string: str = "", body: bytes = b"", method: str = "POST", **headers: str) -> Query:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_query(method, query_string.encode(), named, body)


def test_parameters_settings_and_transport_are_distinguished() -> None:
    query = _read("query_id=q1&database=d&param_x=1&max_threads=2&session_id=s&wait_end_of_query=1", b"SELECT 1")
    assert query == Query(
        query_id="q1",
        sql=b"SELECT 1",
        insert=None,
        database="d",
        format="TabSeparated",
        streams=False,
        returns_rows=True,
        settings={"async_insert": "0", "max_threads": "2"},
        parameters={"x": "1"},
    )


def test_a_setting_goes_before_its_default() -> None:
    assert _read("async_insert=1", b"SELECT 1").settings == {"async_insert": "1"}


def test_get_may_not_change_data_and_readonly_is_set_last() -> None:
    settings = _read("query=SELECT+1&max_threads=2", method="GET").settings
    assert list(settings.items())[-1] == ("readonly", "2")
    assert _read("readonly=1&max_threads=2", b"SELECT 1").settings["readonly"] == "1"


def test_the_query_may_stand_in_the_address_and_its_rows_in_the_body() -> None:
    query = _read("query=INSERT%20INTO%20t%20FORMAT%20CSV", b"1,2\n")
    assert query.insert == Insert(b"INSERT INTO t", b"", "CSV", b"1,2\n")


def test_a_multipart_form_has_the_query_and_its_parameters() -> None:
    parts = {"query": "SELECT {s:String}", "param_s": "ü\r\nx"}
    fields = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts.items()
    )
    query = _read("database=d", f"{fields}--b--\r\n".encode(), content_type="multipart/form-data; boundary=b")
    assert (query.sql, query.parameters, query.database) == (b"SELECT {s:String}", {"s": "ü\r\nx"}, "d")


def test_compressed_bodies() -> None:
    assert _read(body=gzip.compress(b"SELECT 1"), content_encoding="gzip").sql == b"SELECT 1"


@pytest.mark.parametrize(
    ("headers", "query_string", "body", "code"),
    [
        ({"content_encoding": "br"}, "", b"", 89),
        ({"content_encoding": "gzip"}, "", b"SELECT 1", 36),
        ({"content_encoding": "lz4"}, "", b"SELECT 1", 36),
        ({"content_encoding": "zstd"}, "", b"SELECT 1", 36),
        ({"content_encoding": "deflate"}, "", b"SELECT 1", 36),
        ({}, "a%3Bb=1", b"SELECT 1", 115),
        ({}, "query_id=a%0D%0Ab", b"SELECT 1", 36),
        ({}, "default_format=a%0Ab", b"SELECT 1", 36),
    ],
)
def test_a_wrong_request_is_refused(headers: dict[str, str], query_string: str, body: bytes, code: int) -> None:
    with pytest.raises(QueryError) as refusal:
        _read(query_string, body, **headers)
    assert refusal.value.code == code


def test_only_chunkable_formats_named_in_the_statement_stream() -> None:
    assert _read("", b"SELECT 1 FORMAT Native").streams
    assert not _read("wait_end_of_query=1", b"SELECT 1 FORMAT Native").streams
    assert not _read("", b"SELECT 1 FORMAT JSON").streams
    assert not _read("default_format=Native", b"SELECT 1").streams


def test_format_by_statement_header_address_in_this_order() -> None:
    header = {"x_clickhouse_format": "CSV"}
    assert _read("default_format=JSON", b"SELECT 1 FORMAT Native", **header).format == "Native"
    assert _read("default_format=JSON", b"SELECT 1", **header).format == "CSV"
    assert _read("default_format=JSON", b"SELECT 1").format == "JSON"


def test_every_query_has_an_id() -> None:
    assert uuid.UUID(_read("", b"SELECT 1").query_id)
