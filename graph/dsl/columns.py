"""The columns of an answer, and how the engine's values are written in JSON."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from schema.money import money

Kind = Literal["time", "text", "integer", "rate", "money"]
Role = Literal["group", "measure", "previous"]
# As the engine gives it: texts, and integers of the column's smallest unit.
Cell: TypeAlias = str | int | None


@dataclass(frozen=True, slots=True)
class Column:
    """`kind` says what a value is: "time": the start of a bucket in seconds since 1970, "rate": 1/10,000,
    "money": 1/1,000,000. `role` "previous": the measure of that name in the window compared with.
    """

    name: str
    kind: Kind
    role: Role


def printed(column: Column, value: Cell, zone: ZoneInfo) -> str | int | float | None:
    """A value as JSON has it: money with 6 decimals, times with the zone's offset (Z for UTC), rates to 4 decimals."""
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
