"""ClickHouse's part of an export: it counts rows, writes objects, and reads them back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.summary import QuerySummary

from graph.audit.exports.request import ExportQuery
from graph.audit.exports.slices import counting_slices, file_slices
from graph.audit.exports.statements import counting, measuring, writing
from graph.audit.statements import TimeSlice
from graph.dsl.execute import S3_ERROR, as_api_error
from graph.dsl.select import Statement
from infra.clickhouse import ClickHouse, traced
from infra.clickhouse_errors import FAILURES
from infra.errors import AnlytError, DependencyUnavailableError
from infra.faults import fault_of
from infra.tiers import COLLECTION
from schema.catalog.audit import AuditDataset

TIMEOUT: Final = 600  # seconds per statement
LIMITS: Final[Mapping[str, str | int]] = {
    "max_execution_time": TIMEOUT,
    "timeout_overflow_mode": "throw",
    "max_memory_usage": 2 << 30,  # bytes
    "wait_end_of_query": 1,
    "output_format_parquet_compression_method": "zstd",
    # With the defaults, ClickHouse waits for minutes for an S3 that hangs.
    "s3_connect_timeout_ms": 1000,
    "s3_request_timeout_ms": 10_000,
    "s3_use_adaptive_timeouts": 0,
}
NO_COLLECTION: Final = 669  # NAMED_COLLECTION_DOESNT_EXIST


@dataclass(frozen=True, slots=True)
class Measured:
    """The totals of an object. `charges`: the sum by currency, only for call detail records."""

    row_count: int
    first_at: datetime | None
    last_at: datetime | None
    charges: Mapping[str, Decimal] = field(default_factory=dict)


class Warehouse:
    """Runs the statements of exports.

    All methods raise DependencyUnavailableError, which names the unavailable engine; QueryTooExpensiveError.
    """

    def __init__(self, clickhouse: ClickHouse, rows_per_file: int) -> None:
        self._clickhouse, self._rows_per_file = clickhouse, rows_per_file

    async def plan(self, query: ExportQuery) -> Sequence[TimeSlice]:
        """The slices of an export, one per file."""
        hours: list[tuple[datetime, int]] = []
        for time_slice in counting_slices(query.from_, query.to):
            hours += [(hour, count) for hour, count in await self._rows(counting(query, time_slice))]
        return file_slices(TimeSlice(query.from_, query.to), hours, self._rows_per_file)

    async def write(self, query: ExportQuery, time_slice: TimeSlice, file: str) -> Measured:
        """Writes the object `file`, which must not exist, and returns the totals that are read back from it."""
        statement = writing(query, time_slice, file)
        with _as_problem(), traced(statement.sql):
            summary = await (await self._clickhouse.client()).command(statement.sql, **_sent(statement))
        assert isinstance(summary, QuerySummary)
        measured = await self._measured(query.dataset, file)
        if measured.row_count != summary.written_rows:
            raise DependencyUnavailableError(
                f"ClickHouse wrote {summary.written_rows} rows to {file}, but S3 has {measured.row_count}."
            )
        return measured

    async def _measured(self, dataset: AuditDataset, file: str) -> Measured:
        ((count, first, last, *charges),) = await self._rows(measuring(dataset, file))
        if not count:
            return Measured(0, None, None)
        return Measured(count, first, last, *charges)

    async def _rows(self, statement: Statement) -> Sequence[Sequence[Any]]:
        with _as_problem(), traced(statement.sql):
            result = await (await self._clickhouse.client()).query(statement.sql, **_sent(statement))
        return result.result_rows


def _sent(statement: Statement) -> dict[str, Any]:
    # An own id distinguishes a statement that still runs from the next attempt.
    settings = {**statement.settings, **LIMITS, "query_id": f"export-{uuid4()}"}
    return {"parameters": dict(statement.parameters), "settings": settings}


@contextmanager
def _as_problem() -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        raise _problem(error) or error from error


def _problem(error: BaseException) -> AnlytError | None:
    if fault := fault_of(error):
        return fault
    code = getattr(error, "code", None) if isinstance(error, ClickHouseError) else None
    if code == S3_ERROR:
        return DependencyUnavailableError("S3 does not answer to ClickHouse.")
    if code == NO_COLLECTION:
        return DependencyUnavailableError(f"ClickHouse has no named collection {COLLECTION}.")
    return as_api_error(error)
