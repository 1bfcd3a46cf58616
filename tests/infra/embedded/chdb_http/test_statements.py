import pytest

from infra.embedded.chdb_http.statements import Insert, output_format, returns_rows, split_insert

INSERTS = [
    (b"INSERT INTO t FORMAT Native\n\x00\n\xff", Insert(b"INSERT INTO t", b"", "Native", b"\x00\n\xff")),
    (b"insert into anlyt.t (a, b) format CSV\r\n1,2", Insert(b"insert into anlyt.t (a, b)", b"", "CSV", b"1,2")),
    (b"INSERT INTO t FORMAT Values", Insert(b"INSERT INTO t", b"", "Values", b"")),
    (b"INSERT INTO t FORMAT TSV;\n1", Insert(b"INSERT INTO t", b"", "TSV", b"1")),
    (
        b"INSERT INTO t SETTINGS async_insert=0 FORMAT JSONEachRow\n{}",
        Insert(b"INSERT INTO t", b" SETTINGS async_insert=0", "JSONEachRow", b"{}"),
    ),
    (
        b"INSERT INTO `db`.`sel``ect \\` (` (`a (b`, `select`) FORMAT Native\nx",
        Insert(b"INSERT INTO `db`.`sel``ect \\` (` (`a (b`, `select`)", b"", "Native", b"x"),
    ),
    (
        b"INSERT INTO TABLE FUNCTION file('f (1).tsv', 'TSV', 'a UInt8') (* EXCEPT(b)) FORMAT TSV\n1",
        Insert(b"INSERT INTO TABLE FUNCTION file('f (1).tsv', 'TSV', 'a UInt8') (* EXCEPT(b))", b"", "TSV", b"1"),
    ),
    (b"-- why\n /* so */ INSERT INTO t FORMAT TSV\n", Insert(b"-- why\n /* so */ INSERT INTO t", b"", "TSV", b"")),
]
OTHERS = [
    b"INSERT INTO t VALUES (1)",
    b"INSERT INTO t VALUES ('\nx FORMAT TSV\n')",
    b"INSERT INTO t SETTINGS a=1 VALUES ('\nx FORMAT TSV\n')",
    b"INSERT INTO t SELECT 1",
    b"INSERT INTO t (a) SELECT 1 FORMAT Native",
    b"INSERT INTO t (a) WITH 1 AS x SELECT x",
    b"SELECT 1 FORMAT Native\n",
    b"",
]


@pytest.mark.parametrize(("sql", "insert"), INSERTS)
def test_rows_are_split_from_their_statement(sql: bytes, insert: Insert) -> None:
    assert split_insert(sql) == insert


@pytest.mark.parametrize("sql", OTHERS)
def test_statements_without_rows_stay_whole(sql: bytes) -> None:
    assert split_insert(sql) is None


def test_rows_are_read_from_a_file() -> None:
    insert = Insert(b"INSERT INTO t (a)", b" SETTINGS x=1", "Native", b"...")
    expected = b"INSERT INTO t (a) FROM INFILE '/f' COMPRESSION 'none' SETTINGS x=1 FORMAT Native"
    assert insert.from_file("/f") == expected


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        (b"SELECT 1 FORMAT Native", "Native"),
        (b"SELECT 1\n FORMAT JSON ;\n", "JSON"),
        (b"SELECT 1 format TSV SETTINGS max_threads=1", "TSV"),
        (b"SELECT 1", None),
        (b"SELECT 'x FORMAT CSV' FROM t", None),
        (b"SELECT formatDateTime(now(), '%Y')", None),
    ],
)
def test_output_format(sql: bytes, name: str | None) -> None:
    assert output_format(sql) == name


@pytest.mark.parametrize(
    ("sql", "does"),
    [
        (b"SELECT 1", True),
        (b" (SELECT 1) UNION ALL (SELECT 2)", True),
        (b"/* a */ -- b\nwith 1 AS x SELECT x", True),
        (b"DESCRIBE TABLE t", True),
        (b"INSERT INTO t SELECT 1", False),
        (b"CREATE TABLE t AS SELECT 1", False),
        (b"SELECTION", False),
    ],
)
def test_which_statements_return_rows(sql: bytes, does: bool) -> None:
    assert returns_rows(sql) is does
