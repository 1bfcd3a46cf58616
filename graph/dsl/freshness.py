"""How far a table reaches: the newest event time whose effect is in it, and up to when it has everything.

What had reached a stream by a time is in its facts once the durable consumer has acknowledged it, and in a cube once
the marks that were left before the acknowledgement are followed. Marks have their age by the engine's clock, snapshots
of the consumers theirs by ours: only durations are compared.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from graph.dsl.execute import Engine
from graph.dsl.select import Statement
from infra.progress import ProgressSnapshot
from infra.sql import statement
from schema.cubes import CUBES, CubeTable
from schema.instants import time_of

FRESH: Final = 1.0  # seconds that an answer is given again; it can only be too modest
NO_SNAPSHOTS: Final[Sequence[ProgressSnapshot]] = ()

_SQL: Final = Path(__file__).parent / "sql"
_FACTS, _CUBES = statement(_SQL, "newest_fact"), statement(_SQL, "newest_in_cube")

# By fact table: up to when all that had reached its stream is stored. In order; none while that is not known.
ProgressSnapshots: TypeAlias = Callable[[], Sequence[ProgressSnapshot]]


class Reach(NamedTuple):
    """None for an empty table, and while it is not known."""

    data_as_of: datetime | None = None
    complete_until: datetime | None = None


class Freshness:
    """Asks before the rows are read, so that what it tells is in them."""

    def __init__(
        self,
        engine: Engine,
        snapshots: ProgressSnapshots = lambda: NO_SNAPSHOTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._snapshots, self._clock = engine, snapshots, clock
        self._told: dict[str, tuple[float, Reach]] = {}  # by table, of which there are eight

    async def of(self, table: str) -> Reach:
        """DependencyUnavailableError."""
        at, told = self._told.get(table, (-FRESH, Reach()))
        now = self._clock()
        if now - at >= FRESH:
            snapshots = self._snapshots()  # before: what was stored then can be read now
            told = await (
                self._cube(table, snapshots, now, told) if table in _BY_NAME else self._facts(table, snapshots)
            )
            self._told[table] = now, told
        return told

    async def _facts(self, table: str, snapshots: Sequence[ProgressSnapshot]) -> Reach:
        ((newest,),) = await self._read(_FACTS, {"table": table})
        return Reach(_time(newest), snapshots[-1].until.get(table) if snapshots else None)

    async def _cube(self, table: str, snapshots: Sequence[ProgressSnapshot], now: float, before: Reach) -> Reach:
        """What it was complete up to `before`, it is still."""
        facts = _facts_of(table)
        marked = [cube.name for cube in CUBES if _facts_of(cube.name) == facts]
        (newest,), (age,) = await self._read(_CUBES, {"table": table, "marked": marked})
        settled = complete_snapshot(snapshots, now, age)
        until = settled.until.get(facts) if settled else before.complete_until
        return Reach(_time(newest), until)

    async def _read(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        return (await self._engine.read(Statement(sql, parameters))).columns


def complete_snapshot(snapshots: Sequence[ProgressSnapshot], now: float, age: int | None) -> ProgressSnapshot | None:
    """The last snapshot before which every mark was left that is followed now: the oldest that is not is `age` ms old.

    None when all snapshots are younger, or the engine's clock was set back.
    """
    if age is not None and age < 0:
        return None
    since = now - (age or 0) / 1000
    return next((snapshot for snapshot in reversed(snapshots) if snapshot.at <= since), None)


def _facts_of(table: str) -> str:
    """What a cube is computed from, be it by way of another: a mark of any cube of these facts may concern it."""
    return _facts_of(_BY_NAME[table].source) if table in _BY_NAME else table


def _time(micros: int | None) -> datetime | None:
    return None if micros is None else time_of(micros)


_BY_NAME: Final[Mapping[str, CubeTable]] = {cube.name: cube for cube in CUBES}
