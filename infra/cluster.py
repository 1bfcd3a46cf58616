"""Turns plain ClickHouse DDL into its cluster form, so that both have one source. Pure: no I/O."""

import re
from collections.abc import Sequence
from typing import Final

# The beginnings that our DDL may have. Each match ends after the name of the object.
CREATED: Final = re.compile(r"\Acreate (?:database|table|view) if not exists [\w.]+", re.IGNORECASE)
# A migration that was killed runs again: the column or index that it adds may exist.
ALTERED: Final = re.compile(r"\Aalter table [\w.]+(?= add (?:column|index) if not exists \w)", re.IGNORECASE)
INSERTED: Final = re.compile(r"\Ainsert into [\w.]+ *(?:\([\w, ]+\))?\s+select\b", re.IGNORECASE)
ENGINE: Final = re.compile(r"\bengine = (\w*MergeTree)\b")
COMMENT: Final = re.compile(r"--[^\n]*")


def statements(sql: str, cluster: str | None) -> Sequence[str]:
    """The statements of a DDL file, without comments. Each ends with a semicolon at the end of a line.

    With a cluster, each runs `ON CLUSTER`, and each MergeTree is replicated; its path and replica name are the servers'
    defaults (`default_replica_path`, `default_replica_name`). An insert runs on one server; ClickHouse replicates it.
    Raises ValueError for a statement whose cluster form is unknown.
    """
    plain = [part.strip() for part in COMMENT.sub("", sql).split(";\n") if part.strip()]
    return plain if cluster is None else [_clustered(statement, cluster) for statement in plain]


def _clustered(statement: str, cluster: str) -> str:
    if INSERTED.match(statement):
        return statement
    beginning = CREATED.match(statement) or ALTERED.match(statement)
    if beginning is None:
        raise ValueError(f"This statement has no known cluster form: {statement[:60]}")
    rest = ENGINE.sub(r"engine = Replicated\1", statement[beginning.end() :])
    return f"{beginning[0]} on cluster '{cluster}'{rest}"
