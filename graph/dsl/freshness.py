"""How far a table reaches: the newest event time whose effect is in it, and up to when it has everything.

What had reached a stream by a time is in its facts once the durable consumer has acknowledged it, and in a cube once
the marks that were left before the acknowledgement are followed. Marks tell their age by the engine's clock, looks at
the consumers theirs by ours: only spans of time are compared.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from graph.dsl.execute import Engine
from graph.dsl.select import Statement
from infra.progress import Look
from infra.sql import statement
from schema.cubes import CUBES, CubeTable
from schema.instants import time_of

FRESH: Final = 1.0  # seconds that an answer is given again; it can only be too modest
NO_LOOKS: Final[Sequence[Look]] = ()

_SQL: Final = Path(__file__).parent / "sql"
_FACTS, _CUBES = statement(_SQL, "newest_fact"), statement(_SQL, "newest_in_cube")

# By fact table: up to when all that had reached its stream is stored. In order; none while that is not known.
Looks: TypeAlias = Callable[[], Sequence[Look]]


class Reach(NamedTuple):
    """None for an empty table, and while it is not known."""

    data_as_of: datetime | None = None
    complete_until: datetime | None = None


class Freshness:
    """Asks before the rows are read, so that what it tells is in them."""

    def __init__(
        self, engine: Engine, looks: Looks = lambda: NO_LOOKS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine, self._looks, self._clock = engine, looks, clock
        self._told: dict[str, tuple[float, Reach]] = {}  # by table, of which there are eight

    async def of(self, table: str) -> Reach:
        """DependencyUnavailableError."""
        at, told = self._told.get(table, (-FRESH, Reach()))
        now = self._clock()
        if now - at >= FRESH:
            looks = self._looks()  # before: what was stored then can be read now
            told = await (self._cube(table, looks, now, told) if table in _BY_NAME else self._facts(table, looks))
            self._told[table] = now, told
        return told

    async def _facts(self, table: str, looks: Sequence[Look]) -> Reach:
        ((newest,),) = await self._read(_FACTS, {"table": table})
        return Reach(_time(newest), looks[-1].until.get(table) if looks else None)

    async def _cube(self, table: str, looks: Sequence[Look], now: float, before: Reach) -> Reach:
        """What it was complete up to `before`, it is still."""
        facts = _facts_of(table)
        marked = [cube.name for cube in CUBES if _facts_of(cube.name) == facts]
        (newest,), (age,) = await self._read(_CUBES, {"table": table, "marked": marked})
        settled = complete_look(looks, now, age)
        until = settled.until.get(facts) if settled else before.complete_until
        return Reach(_time(newest), until)

    async def _read(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        return (await self._engine.read(Statement(sql, parameters))).columns


def complete_look(looks: Sequence[Look], now: float, age: int | None) -> Look | None:
    """The last look before which every mark was left that is followed now: the oldest that is not is `age` ms old.

    None when all looks are younger, or the engine's clock was set back.
    """
    if age is not None and age < 0:
        return None
    since = now - (age or 0) / 1000
    return next((look for look in reversed(looks) if look.at <= since), None)


def _facts_of(table: str) -> str:
    """What a cube is computed from, be it by way of another: a mark of any cube of these facts may concern it."""
    return _facts_of(_BY_NAME[table].source) if table in _BY_NAME else table


def _time(micros: int | None) -> datetime | None:
    return None if micros is None else time_of(micros)


_BY_NAME: Final[Mapping[str, CubeTable]] = {cube.name: cube for cube in CUBES}
