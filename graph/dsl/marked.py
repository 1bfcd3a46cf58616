"""Marked cells: the hours of a query whose facts may be newer than the cubes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from graph.dsl.calendar import Window
from schema.instants import DAY, HOUR, SECOND

_HOUR: Final = HOUR // SECOND
_DAY: Final = DAY // SECOND


@dataclass(frozen=True, slots=True)
class Marked:
    """Marked UTC hours, as seconds since 1970, each with its tenant; `hours` is sorted.

    `of_every_tenant`: the tenants do not matter, because a scope has only one, or whole hours are marked.
    """

    hours: tuple[tuple[str, int], ...] = ()
    of_every_tenant: bool = True

    @property
    def days(self) -> tuple[tuple[str, int], ...]:
        """The UTC days of the hours, in the same form."""
        return tuple(dict.fromkeys((tenant, hour - hour % _DAY) for tenant, hour in self.hours))

    @property
    def span(self) -> Window:
        """The time from the first hour to the end of the last."""
        first, last = (edge(hour for _, hour in self.hours) for edge in (min, max))
        return Window(*(datetime.fromtimestamp(second, UTC) for second in (first, last + _HOUR)))


UNMARKED: Final = Marked()
