"""A statement with its values, and its text to be run by hand. Pure: no I/O."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

Store = Literal["postgres", "clickhouse"]
Values: TypeAlias = Mapping[str, str | None]
"""What a statement returned: its one row, each column as text."""

_PLACE: Final = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that returns one row. PostgreSQL binds `values` by their order, ClickHouse by their names."""

    store: Store
    sql: str
    values: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The statement with its values written into it."""
        if self.store == "clickhouse":
            from clickhouse_connect.driver.binding import finalize_query

            return finalize_query(self.sql, dict(self.values))
        literals = [_literal(value) for value in self.values.values()]
        return _PLACE.sub(lambda place: literals[int(place[1]) - 1], self.sql)


def printed(row: Mapping[str, Any]) -> Values:
    """A row with each value as text, in order of the columns' names."""
    return {name: None if row[name] is None else str(row[name]) for name in sorted(row)}


def differing(left: Values, right: Values) -> Sequence[str]:
    """The columns whose values differ."""
    return [name for name in sorted({*left, *right}) if left.get(name) != right.get(name)]


def _literal(value: str | int) -> str:
    """A value as PostgreSQL reads it."""
    if isinstance(value, int):
        return str(value)
    quoted = value.replace("\\", "\\\\").replace("'", "''")
    return f"E'{quoted}'" if "\\" in value else f"'{quoted}'"
