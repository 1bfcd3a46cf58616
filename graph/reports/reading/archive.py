"""What has left PostgreSQL: the archive in ClickHouse, of which a snapshot of PostgreSQL says what counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from graph.deadlines import EngineSilentError, EngineSlowError, TooSlowError, while_engine_answers
from graph.reports import latency
from graph.reports.metrics import Counts
from graph.reports.reading.parts import Cell
from graph.reports.reading.rows import stretches
from graph.reports.windows import DAY_HOURS, Slice
from infra.clickhouse import FAILURES, ClickHouse, traced
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
_KEEPER: Final = f"ClickHouse, which keeps what is over {RECENT.days} days old,"
_AWAY: Final = f"{_KEEPER} does not answer; try again in a few seconds."
_TOO_SLOW: Final = (
    f"{_KEEPER} needed more than {{:g}} s and was told to stop; ask for a shorter "
    "window, or try again in a few seconds."
)
# Of a cluster, a replica that has all that was written; without one it means nothing.
SETTINGS: Final = {
    "readonly": 1,
    "select_sequential_consistency": 1,
    "cancel_http_readonly_queries_on_client_close": 1,  # we close the connection when nobody waits any more
}


@dataclass(frozen=True, slots=True)
class Archive:
    """`batches`: the numbers under which a snapshot's archived days were written, by day since 1970.

    Hours are numbers since 1970. DependencyUnavailableError; TooSlowError after `limit` seconds.
    """

    clickhouse: ClickHouse
    batches: Mapping[int, Sequence[int]]
    limit: float

    async def cells(self, scope: str, ids: Sequence[str], slices: Sequence[Slice]) -> Sequence[Cell]:
        """The rows of subjects in some slices; of what was archived in several batches, several."""
        whole, cut = spans(slices)
        return [
            _cell(row)
            for query, bounds in ((_DAYS, whole), (_HOURS, cut))
            for first, end in bounds
            for row in await self._fetch(query, first, end, scope=scope, ids=list(ids))
        ]

    async def accounts(self, slices: Sequence[Slice]) -> Sequence[str]:
        """The accounts with an event in some slices."""
        whole, cut = spans(slices)
        return [
            row["scope_id"]
            for query, bounds in ((_ACCOUNT_DAYS, whole), (_ACCOUNTS, cut))
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
                    found = await client.query(query, parameters={**bounds, **parameters}, settings=SETTINGS)
        except EngineSlowError as error:
            REFUSED.labels("clickhouse_slow").inc()
            raise TooSlowError(_TOO_SLOW.format(self.limit)) from error
        except (*FAILURES, EngineSilentError) as error:
            if fault := fault_of(error):
                raise fault from error
            raise DependencyUnavailableError(_AWAY) from error
        return list(found.named_results())


def spans(slices: Sequence[Slice]) -> tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]]:
    """Stretches of whole days, and of hours of others."""
    whole, cut = ([each for each in slices if each.is_whole_day is wanted] for wanted in (True, False))
    return stretches(whole), stretches(cut)


def _cell(row: Named) -> Cell:
    return Cell(
        row["scope_id"],
        row["hour"],
        Counts.of(row, millionths(row["total_cost"])),
        {currency: millionths(amount) for currency, amount in row["costs"].items()},
        latency.added(np.array(row["latency_bins"], np.int16), np.array(row["latency_counts"], np.int64)),
    )
