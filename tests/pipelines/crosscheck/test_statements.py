"""Statements as text to be run by hand."""

import pytest

from pipelines.crosscheck.statements import Statement, differing, printed


@pytest.mark.parametrize(
    ("value", "literal"),
    [(5, "5"), ("a", "'a'"), ("it's", "'it''s'"), ("back\\slash", "E'back\\\\slash'"), ("\\'", "E'\\\\'''")],
)
def test_values_are_written_as_postgresql_reads_them(value: str | int, literal: str) -> None:
    statement = Statement("postgres", "select $2::text, $1", {"first": "x", "second": value})
    assert statement.text == f"select {literal}::text, 'x'"


def test_a_value_that_looks_like_a_place_is_a_value() -> None:
    assert Statement("postgres", "select $1, $2", {"first": "$2", "second": "$1"}).text == "select '$2', '$1'"


def test_values_are_written_as_clickhouse_reads_them() -> None:
    sql = "select %(text)s in (%(numbers)s) and %(text)s != '%%'"
    statement = Statement("clickhouse", sql, {"text": "it's \\", "numbers": (0, 7)})
    assert statement.text == r"select 'it\'s \\' in ((0, 7)) and 'it\'s \\' != '%'"


def test_columns_differ_by_text_and_by_being_there() -> None:
    left, right = printed({"b": 1, "a": None}), printed({"a": 0, "b": 1, "c": 2})
    assert list(left) == ["a", "b"]
    assert differing(left, right) == ["a", "c"]
