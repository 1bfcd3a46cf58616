"""The freshness of a table: the newest event time whose effect is in it, and until when it is complete.

A message is in the facts once the durable consumer has acknowledged it. It is in a cube once the cube has followed all
marks that were left before the acknowledgement. The age of marks is by the engine's clock, that of progress snapshots
by this process's, so only durations are compared.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from graph.dsl.execute import QueryEngine
from graph.dsl.select import Statement
from infra.progress import ProgressSnapshot
from infra.sql import statement
from schema.cubes import CUBES, CubeTable
from schema.instants import time_of

FRESH: Final = 1.0  # seconds for which a result is cached; meanwhile, it only understates the freshness
NO_SNAPSHOTS: Final[Sequence[ProgressSnapshot]] = ()

_SQL: Final = Path(__file__).parent / "sql"
_FACT, _IN_CUBE, _MARK = (statement(_SQL, name) for name in ("newest_fact", "newest_in_cube", "oldest_mark"))

# Returns the progress snapshots of the fact tables, oldest first; empty while progress is unknown.
ProgressSnapshots: TypeAlias = Callable[[], Sequence[ProgressSnapshot]]


class TableFreshness(NamedTuple):
    """`data_as_of` is None for an empty table, `complete_until` while it is unknown."""

    data_as_of: datetime | None = None
    complete_until: datetime | None = None


class FreshnessReader:
    """Reads the freshness of tables. Callers read it before the rows, so that the rows are at least that fresh."""

    def __init__(
        self,
        engine: QueryEngine,
        snapshots: ProgressSnapshots = lambda: NO_SNAPSHOTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._snapshots, self._clock = engine, snapshots, clock
        self._cached: dict[str, tuple[float, TableFreshness]] = {}  # by table, of which there are eight
        self._answers: dict[str, tuple[float, TableFreshness]] = {}  # likewise

    async def of(self, table: str) -> TableFreshness:
        """Returns the freshness of a table, at most FRESH old. Raises DependencyUnavailableError."""
        at, freshness = self._cached.get(table, (-FRESH, TableFreshness()))
        now = self._clock()
        if now - at >= FRESH:
            snapshots = self._snapshots()  # first: what they count as stored is then visible to the queries below
            freshness = await (
                self._cube(table, snapshots, now, freshness) if table in _BY_NAME else self._facts(table, snapshots)
            )
            self._cached[table] = now, freshness
        return freshness

    async def of_answer(self, table: str) -> TableFreshness:
        """Returns the freshness of an answer of a table, if marks are read at or after this call, and marked cells from
        facts.

        Such an answer is as complete as the facts. It may have events newer than `data_as_of`. It is at most FRESH old.
        Raises DependencyUnavailableError.
        """
        if table not in _BY_NAME:
            return await self.of(table)
        at, freshness = self._answers.get(table, (-FRESH, TableFreshness()))
        now = self._clock()
        if now - at >= FRESH:
            until = _complete_until(_facts_of(table), self._snapshots())
            freshness = TableFreshness(_time(await self._read(_IN_CUBE, table=table)), until)
            self._answers[table] = now, freshness
        return freshness

    async def _facts(self, table: str, snapshots: Sequence[ProgressSnapshot]) -> TableFreshness:
        newest = await self._read(_FACT, table=table)
        return TableFreshness(_time(newest), _complete_until(table, snapshots))

    async def _cube(
        self, table: str, snapshots: Sequence[ProgressSnapshot], now: float, before: TableFreshness
    ) -> TableFreshness:
        # A cube stays complete until the time that was found `before`, even if no snapshot qualifies now.
        facts = _facts_of(table)
        newest = await self._read(_IN_CUBE, table=table)
        snapshot = complete_snapshot(snapshots, now, await self._read(_MARK, marked=_cubes_of(facts)))
        until = snapshot.until.get(facts) if snapshot else before.complete_until
        return TableFreshness(_time(newest), until)

    async def _read(self, sql: str, **parameters: object) -> int | None:
        """The one value of a statement."""
        ((value,),) = (await self._engine.read(Statement(sql, parameters))).columns
        found: int | None = value
        return found


def _complete_until(facts: str, snapshots: Sequence[ProgressSnapshot]) -> datetime | None:
    """Until when a fact table is complete by the last snapshot."""
    return snapshots[-1].until.get(facts) if snapshots else None


def complete_snapshot(snapshots: Sequence[ProgressSnapshot], now: float, age: int | None) -> ProgressSnapshot | None:
    """Returns the last snapshot that is older than all open marks, of which the oldest is `age` ms old (None: none).

    Returns None when all snapshots are younger, or when the engine's clock was set back.
    """
    if age is not None and age < 0:
        return None
    since = now - (age or 0) / 1000
    return next((snapshot for snapshot in reversed(snapshots) if snapshot.at <= since), None)


def marking(cube: str) -> Sequence[str]:
    """The names under which marks of a cube's cells are left: its facts and their cubes."""
    facts = _facts_of(cube)
    return [facts, *_cubes_of(facts)]


def _cubes_of(facts: str) -> Sequence[str]:
    return [cube.name for cube in CUBES if _facts_of(cube.name) == facts]


def _facts_of(table: str) -> str:
    """The fact table of a cube, which may be computed from another cube; a fact table itself."""
    return _facts_of(_BY_NAME[table].source) if table in _BY_NAME else table


def _time(micros: int | None) -> datetime | None:
    return None if micros is None else time_of(micros)


_BY_NAME: Final[Mapping[str, CubeTable]] = {cube.name: cube for cube in CUBES}
