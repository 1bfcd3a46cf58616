"""The cluster form of ClickHouse DDL, made from the plain form: there is one source for both. Pure."""

import re
from collections.abc import Sequence
from typing import Final

# What our DDL may begin with; the name of what is made or changed ends the match.
CREATED: Final = re.compile(r"\Acreate (?:database|table|view) if not exists [\w.]+", re.IGNORECASE)
# A step that was killed half-way runs again: what it adds may be there.
ALTERED: Final = re.compile(r"\Aalter table [\w.]+(?= add column if not exists \w)", re.IGNORECASE)
INSERTED: Final = re.compile(r"\Ainsert into [\w.]+ *(?:\([\w, ]+\))?\s+select\b", re.IGNORECASE)
ENGINE: Final = re.compile(r"\bengine = (\w*MergeTree)\b")
COMMENT: Final = re.compile(r"--[^\n]*")


def statements(sql: str, cluster: str | None) -> Sequence[str]:
    """The statements of a DDL file (each ends with a semicolon at a line's end), without comments.

    With a cluster, each runs `ON CLUSTER`, and each MergeTree is replicated; its path and replica name are the servers'
    defaults (`default_replica_path`, `default_replica_name`). What is inserted on one server comes to all by itself.
    """
    plain = [part.strip() for part in COMMENT.sub("", sql).split(";\n") if part.strip()]
    return plain if cluster is None else [_clustered(statement, cluster) for statement in plain]


def _clustered(statement: str, cluster: str) -> str:
    """ValueError for what we do not know how to run on a cluster."""
    if INSERTED.match(statement):
        return statement
    changed = CREATED.match(statement) or ALTERED.match(statement)
    if changed is None:
        raise ValueError(f"No cluster form is known of: {statement[:60]}")
    rest = ENGINE.sub(r"engine = Replicated\1", statement[changed.end() :])
    return f"{changed[0]} on cluster '{cluster}'{rest}"
