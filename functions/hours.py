"""What both metric functions do with their cells: the hour of an event, and the three scopes."""

from datetime import datetime
from typing import Protocol, Self, TypeAlias, TypeVar

from schema.writes import PLATFORM_ID, CellKey


class Additive(Protocol):
    def add(self, other: Self) -> None: ...


C = TypeVar("C", bound=Additive)
Cells: TypeAlias = dict[tuple[str, datetime], C]
"""By the id of an operator or account, and the hour."""


def hour_of(at: datetime) -> datetime:
    """The hour that an event time falls into: 13:59:59.999999 -> 13:00."""
    return at.replace(minute=0, second=0, microsecond=0)


def in_scopes(operators: Cells[C], accounts: Cells[C], empty: type[C]) -> dict[CellKey, C]:
    """The cells of all three scopes; the platform's are the sums of its operators'."""
    cells = {CellKey("OPERATOR", id_, hour): cell for (id_, hour), cell in operators.items()}
    cells |= {CellKey("ACCOUNT", id_, hour): cell for (id_, hour), cell in accounts.items()}
    for (_, hour), cell in operators.items():
        cells.setdefault(CellKey("PLATFORM", PLATFORM_ID, hour), empty()).add(cell)
    return cells
