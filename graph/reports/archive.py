"""What has left PostgreSQL: the archive in ClickHouse, of which a snapshot of PostgreSQL says what counts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from graph.patience import EngineSilentError, EngineSlowError, TooSlowError, patiently
from graph.reports.marks import Span
from graph.reports.runs import Run, days_of
from graph.reports.windows import DAY_HOURS, day_date
from infra.clickhouse import FAILURES, ClickHouse, traced
from infra.errors import DependencyUnavailableError
from infra.metrics import REFUSED
from infra.postgres import Connection, statement

_BATCHES: Final = statement(Path(__file__).parent / "sql", "archived_batches")
_TOO_SLOW: Final = (
    "ClickHouse, which keeps what is over 90 days old, needed more than {:g} s and was told to stop; ask for a shorter "
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
    """`batches`: the numbers under which a snapshot's archived days were written, by day since 1970."""

    clickhouse: ClickHouse
    batches: Mapping[int, Sequence[int]]
    limit: float

    def has(self, runs: Sequence[Run]) -> bool:
        """Whether any of their days was archived."""
        return bool(self.batches) and any(day in self.batches for run in runs for day in days_of(run))

    async def fetch(self, query: str, runs: Sequence[Run], **parameters: object) -> Sequence[Sequence[Any]]:
        """Rows of the runs' archived days, and perhaps of others between; DependencyUnavailableError.

        The statement has {first:UInt32} and {end:UInt32} in hours since 1970, and {batches:Array(Int64)}.
        """
        days = [day for run in runs for day in days_of(run) if day in self.batches]
        bounds = {
            "first": max(min(days) * DAY_HOURS, min(run.first_hour for run in runs)),
            "end": min((max(days) + 1) * DAY_HOURS, max(run.end_hour for run in runs)),
            "batches": sorted({batch for day in days for batch in self.batches[day]}),
        }
        try:
            async with patiently(self.clickhouse.ping, self.limit):
                client = await self.clickhouse.client()
                with traced(query):
                    found = await client.query(query, parameters={**bounds, **parameters}, settings=SETTINGS)
        except EngineSlowError as error:
            REFUSED.labels("clickhouse_slow").inc()
            raise TooSlowError(_TOO_SLOW.format(self.limit)) from error
        except (*FAILURES, EngineSilentError) as error:
            raise DependencyUnavailableError(
                "ClickHouse, which keeps what is over 90 days old, does not answer; try again in a few seconds."
            ) from error
        rows: Sequence[Sequence[Any]] = found.result_rows
        return rows


async def archive_of(connection: Connection, clickhouse: ClickHouse, span: Span, limit: float) -> Archive:
    """The archive as the connection's snapshot has it, of some days."""
    batches: dict[int, list[int]] = defaultdict(list)
    for day, batch in await connection.fetch(_BATCHES, *map(day_date, span)):
        batches[day].append(batch)
    return Archive(clickhouse, dict(batches), limit)
