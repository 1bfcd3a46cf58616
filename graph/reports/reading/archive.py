"""Reads days that have moved from PostgreSQL to the archive in ClickHouse.

The snapshot in PostgreSQL says which batches of the archive count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from graph.deadlines import EngineSilentError, EngineSlowError, TooSlowError, while_engine_answers
from graph.reports import latency
from graph.reports.metrics import Counts
from graph.reports.reading.cells import Cell
from graph.reports.reading.rows import hour_ranges
from graph.reports.windows import DAY_HOURS, DaySlice
from infra.clickhouse import ClickHouse, traced
from infra.clickhouse_errors import FAILURES
from infra.errors import DependencyUnavailableError
from infra.faults import fault_of
from infra.metrics import REFUSED
from infra.sql import statement
from schema.figures import Named
from schema.history import RECENT
from schema.money import millionths

_SQL: Final = Path(__file__).parent / "sql"
_HOURS, _DAYS, _ACCOUNTS, _ACCOUNT_DAYS = (
    statement(_SQL, f"archived_{name}") for name in ("hours", "days", "accounts", "account_days")
)
_ARCHIVE: Final = f"ClickHouse, which keeps data that is over {RECENT.days} days old,"
_AWAY: Final = f"{_ARCHIVE} does not answer; try again in a few seconds."
_TOO_SLOW: Final = (
    f"{_ARCHIVE} needed more than {{:g}} s and was stopped; request a shorter window, or try again in a few seconds."
)
SETTINGS: Final = {
    "readonly": 1,
    "select_sequential_consistency": 1,  # in a cluster, only replicas with all writes answer; no effect elsewhere
    "cancel_http_readonly_queries_on_client_close": 1,  # a cancelled request closes its connection
}


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive as one snapshot of PostgreSQL sees it.

    `batches`: the numbers of the batches that count, by day since 1970. All hours are in hours since 1970.
    Raises DependencyUnavailableError; TooSlowError after `limit` seconds.
    """

    clickhouse: ClickHouse
    batches: Mapping[int, Sequence[int]]
    limit: float

    async def cells(self, scope: str, ids: Sequence[str], slices: Sequence[DaySlice]) -> Sequence[Cell]:
        """The cells of subjects in some slices. A day that was archived in several batches has several cells."""
        whole, partial = ranges(slices)
        return [
            _cell(row)
            for query, bounds in ((_DAYS, whole), (_HOURS, partial))
            for first, end in bounds
            for row in await self._fetch(query, first, end, scope=scope, ids=list(ids))
        ]

    async def accounts(self, slices: Sequence[DaySlice]) -> Sequence[str]:
        """The ids of the accounts with an event in some slices."""
        whole, partial = ranges(slices)
        return [
            row["scope_id"]
            for query, bounds in ((_ACCOUNT_DAYS, whole), (_ACCOUNTS, partial))
            for first, end in bounds
            for row in await self._fetch(query, first, end)
        ]

    async def _fetch(self, query: str, first: int, end: int, **parameters: object) -> Sequence[Mapping[str, Any]]:
        days = range(first // DAY_HOURS, -(-end // DAY_HOURS))
        batches = sorted({batch for day in days for batch in self.batches.get(day, ())})
        if not batches:
            return ()
        bounds = {"first": first, "end": end, "batches": batches}
        try:
            async with while_engine_answers(self.clickhouse.ping, self.limit):
                client = await self.clickhouse.client()
                with traced(query):
                    result = await client.query(query, parameters={**bounds, **parameters}, settings=SETTINGS)
        except EngineSlowError as error:
            REFUSED.labels("clickhouse_slow").inc()
            raise TooSlowError(_TOO_SLOW.format(self.limit)) from error
        except (*FAILURES, EngineSilentError) as error:
            if fault := fault_of(error):
                raise fault from error
            raise DependencyUnavailableError(_AWAY) from error
        return list(result.named_results())


def ranges(slices: Sequence[DaySlice]) -> tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]]:
    """The ranges of whole days, and the ranges of the other hours; both in hours since 1970."""
    whole, partial = ([each for each in slices if each.is_whole_day is whole_day] for whole_day in (True, False))
    return hour_ranges(whole), hour_ranges(partial)


def _cell(row: Named) -> Cell:
    return Cell(
        row["scope_id"],
        row["hour"],
        Counts.of(row, millionths(row["total_cost"])),
        {currency: millionths(amount) for currency, amount in row["costs"].items()},
        latency.from_bins(np.array(row["latency_bins"], np.int16), np.array(row["latency_counts"], np.int64)),
    )
