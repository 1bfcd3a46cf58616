"""The report of a benchmark: a table of the compared variants, and whether each goal was reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Goal:
    """A ratio or figure with its bound. It is printed, never enforced."""

    name: str
    value: float
    bound: float
    at_most: bool = False

    @property
    def reached(self) -> bool:
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    def __str__(self) -> str:
        sign, word = ("<=" if self.at_most else ">="), ("reached" if self.reached else "MISSED")
        return f"{self.name}: {self.value:.3g} ({word}, should be {sign} {self.bound:g})"


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], goals: Sequence[Goal]) -> None:
    """Prints the table, then one line per goal."""
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*[f"{cell:,.3g}" if isinstance(cell, float) else str(cell) for cell in row])
    console = Console(width=140)
    console.print(table)
    for goal in goals:
        console.print(f"  {goal}", highlight=False)
    console.print()


def by_process(microseconds: Mapping[str, float]) -> str:
    """CPU microseconds per event of each process, and of all, as one cell of a table."""
    each = ", ".join(f"{name} {us:.1f}" for name, us in microseconds.items())
    return f"{each}; together {sum(microseconds.values()):.1f}"
