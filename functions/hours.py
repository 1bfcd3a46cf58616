"""What both metric functions do with their cells: the hour of an event, and the platform's sum."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, Self, TypeVar

from schema.writes import PLATFORM_ID, CellKey


class Additive(Protocol):
    def add(self, other: Self) -> None: ...


C = TypeVar("C", bound=Additive)


def hour_of(at: datetime) -> datetime:
    """The hour that an event time falls into: 13:59:59.999999 -> 13:00."""
    return at.replace(minute=0, second=0, microsecond=0)


def platform_key(hour: datetime) -> CellKey:
    return CellKey("PLATFORM", PLATFORM_ID, hour)


def add_platform(cells: dict[CellKey, C], make: type[C]) -> dict[CellKey, C]:
    """The cells of operators and accounts, with the platform's added: it is the sum of its operators."""
    operators: Iterable[tuple[CellKey, C]] = [(k, c) for k, c in cells.items() if k.scope == "OPERATOR"]
    for key, cell in operators:
        cells.setdefault(platform_key(key.hour), make()).add(cell)
    return cells
