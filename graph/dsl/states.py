"""The state of what a query reads, from which the validator of its answer is made.

An answer is the same at the same state, except for `elapsedMs`, `completeUntil`, `verified.at`, `dataAsOf` behind the
end of its window, and the last digits of measures that `approximate` lists.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from graph.completeness import Completeness
from graph.dsl.compile import Compiled
from graph.dsl.execute import QueryEngine
from graph.dsl.freshness import TableFreshness
from graph.dsl.select import Statement
from graph.dsl.verified import Verified
from graph.reports.windows import hour_number
from infra.sql import statement

_PARTS: Final = statement(Path(__file__).parent / "sql", "parts_of_days")


class TableStates:
    """Reads the states of tables: the parts of the days that a query reads.

    A part never changes, and each change of a table makes new parts. A merge does so, too, though the rows stay.
    """

    def __init__(self, engine: QueryEngine) -> None:
        self._engine = engine

    async def of(self, compiled: Compiled, freshness: TableFreshness, verified: Verified | None) -> object | None:
        """The state of an answer with this freshness and verification; None if it is not known.

        It is not known of replicated tables, because each statement may read another replica.
        """
        windows = [each for each in (compiled.window, compiled.previous_window) if each]
        first, last = min(each.from_ for each in windows), max(each.to for each in windows)
        days = {"first": f"{first.astimezone(UTC):%Y%m%d}", "last": f"{last.astimezone(UTC):%Y%m%d}"}
        tables = [table.name for table in compiled.plan.tables]
        rows = await self._engine.read(Statement(_PARTS, {"tables": tables, **days}))
        (parts,), (replicated,), (digest,) = rows.columns
        if not parts or replicated:
            return None
        read = (compiled.plan.scope, compiled.source, compiled.plan.marked)
        return *read, digest, *_freshness(freshness, compiled.window.to), verified and verified.state


def _freshness(freshness: TableFreshness, end: datetime) -> tuple[datetime | None, int | None]:
    """`dataAsOf` up to the end of the window, and up to which hour the window is complete."""
    as_of = freshness.data_as_of
    horizon = Completeness(freshness.complete_until, datetime.now(UTC)).horizon(as_of)
    return as_of and min(as_of, end), None if horizon is None else hour_number(min(horizon, end))
