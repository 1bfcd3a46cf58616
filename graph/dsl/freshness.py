"""How far a table reaches: the newest event time whose effect is in it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from graph.dsl.execute import Engine
from graph.dsl.select import Statement
from infra.postgres import statement

FRESH: Final = 1.0  # seconds that an answer is given again; it can only be too modest

_SQL: Final = Path(__file__).parent / "sql"
_FACTS, _CUBES = statement(_SQL, "newest_fact"), statement(_SQL, "newest_in_cube")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Freshness:
    """Asks before the rows are read, so that what it tells is in them."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine, self._clock = engine, clock
        self._told: dict[str, tuple[float, datetime | None]] = {}  # by table, of which there are six

    async def of(self, table: str) -> datetime | None:
        """None for an empty table. DependencyUnavailableError."""
        at, told = self._told.get(table, (-FRESH, None))
        now = self._clock()
        if now - at >= FRESH:
            sql = _CUBES if table.startswith("cube_") else _FACTS
            ((micros,),) = (await self._engine.read(Statement(sql, {"table": table}))).columns
            told = None if micros is None else _EPOCH + timedelta(microseconds=micros)
            self._told[table] = now, told
        return told
