"""What both metric functions share: the hour of an event, and the cells of the three scopes."""

from typing import Protocol, Self, TypeAlias, TypeVar

from schema.instants import HOUR
from schema.writes import PLATFORM_ID, CellKey


class Additive(Protocol):
    """A cell to which another one can be added."""

    def add(self, other: Self) -> None: ...


C = TypeVar("C", bound=Additive)
Cells: TypeAlias = dict[tuple[str, int], C]
"""Cells by the id of an operator or account, and the hour."""


def hour_of(at: int) -> int:
    """The instant at which the hour of `at` begins: 13:59:59.999999 -> 13:00."""
    return at - at % HOUR


def in_scopes(operators: Cells[C], accounts: Cells[C], empty: type[C]) -> dict[CellKey, C]:
    """The cells of all three scopes. A cell of the platform is the sum of its operators' cells."""
    cells = {CellKey("OPERATOR", id_, hour): cell for (id_, hour), cell in operators.items()}
    cells |= {CellKey("ACCOUNT", id_, hour): cell for (id_, hour), cell in accounts.items()}
    for (_, hour), cell in operators.items():
        cells.setdefault(CellKey("PLATFORM", PLATFORM_ID, hour), empty()).add(cell)
    return cells
