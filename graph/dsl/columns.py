"""The columns of an answer, and the conversion of the engine's values to JSON."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from schema.money import money

Kind = Literal["time", "text", "integer", "rate", "money"]
Role = Literal["group", "measure", "previous"]
# A value of the engine: a text, or an integer in the smallest unit of its column.
Cell: TypeAlias = str | int | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an answer.

    `kind` is the unit of the engine's values. "time": the start of a bucket, in seconds since 1970; "rate": 1/10,000;
    "money": 1/1,000,000. `role` "previous" marks the measure of that name in the previous window.
    """

    name: str
    kind: Kind
    role: Role


def printed(column: Column, value: Cell, zone: ZoneInfo) -> str | int | float | None:
    """Returns a value for JSON: money with 6 decimals, rates with 4, times with the zone's offset (Z for UTC)."""
    if value is None or isinstance(value, str):
        return value
    match column.kind:
        case "time":
            return _time(value, zone)
        case "rate":
            return value / 10**4
        case "money":
            return money(value)
        case _:
            return value


def _time(seconds: int, zone: ZoneInfo) -> str:
    text = datetime.fromtimestamp(seconds, UTC).astimezone(zone).isoformat()
    return text.removesuffix("+00:00") + "Z" if zone.key == "UTC" else text
