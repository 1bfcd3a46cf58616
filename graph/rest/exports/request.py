"""`POST /v1/anlyt/exports`: JSON -> ExportQuery."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from graph.dsl import parse as queries
from graph.dsl.ast import Query
from graph.dsl.files import FileFormat
from graph.dsl.parse import QUERY
from graph.dsl.readers import Member, Shape, choice, integer
from graph.dsl.source import read

MOST_ROWS: Final = 10**12  # of any limit

_OMITTED: Final = ("after", "explain")
MEMBERS: Final[Mapping[str, Member]] = {
    "format": Member("format", choice("a format", get_args(FileFormat)), "The format of the files."),
    **{name: member for name, member in QUERY.items() if name not in _OMITTED},
    "limit": Member("limit", integer(1, MOST_ROWS), "The most rows; without it, all rows.", None, nullable=True),
}
SHAPE: Final = Shape("ExportInput", "A query whose whole result is written to files, and their format.", MEMBERS)


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """What to write. `query.limit` is `limit`, or MOST_ROWS without it."""

    query: Query
    format: FileFormat
    limit: int | None


def parse(body: bytes, now: datetime) -> ExportQuery:
    """Parses a request, and resolves relative windows against `now`. Raises InvalidQueryError with all problems."""
    attributes = queries.read_query(read(body), now, MEMBERS)
    format_, limit = attributes.pop("format"), attributes.pop("limit")
    query = Query(**{"after": None, **attributes, "limit": limit or MOST_ROWS, "explain": False})
    return ExportQuery(query, format_, limit)
