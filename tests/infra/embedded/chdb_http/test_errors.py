import pytest

from infra.embedded.chdb_http.errors import STD_EXCEPTION, from_engine, in_stream, refused


@pytest.mark.parametrize(("code", "status"), [(62, 400), (60, 404), (159, 408), (241, 500), (394, 500), (497, 403)])
def test_status_of_a_code(code: int, status: int) -> None:
    assert refused(code, "because").status == status


def test_an_error_of_the_engine_keeps_its_code_and_text() -> None:
    error = from_engine(RuntimeError("Streaming query failed: Code: 62. DB::Exception: Syntax error (Code: 1)"))
    assert (error.code, str(error)) == (62, "Code: 62. DB::Exception: Syntax error (Code: 1)")


def test_an_error_without_a_code() -> None:
    error = from_engine(RuntimeError("gone"))
    assert (error.code, error.status, str(error)) == (STD_EXCEPTION, 500, "gone")


def test_block_at_the_end_of_a_broken_stream_counts_bytes() -> None:
    block = in_stream(refused(1, "é"), "tag").decode()
    text = "Code: 1. DB::Exception: é\n"
    assert block == f"\r\n__exception__\r\ntag\r\n{text}{len(text.encode())} tag\r\n__exception__\r\n"
