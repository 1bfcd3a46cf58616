"""A row of the archive, the same whichever store it is read from. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeAlias

# A row's columns but for its bucket, which comes after scope_id, and its batch, which comes last.
SUBJECT: Final = ("scope", "scope_id")
FIGURES: Final = (
    "total_messages",
    "delivered_messages",
    "failed_messages",
    "pending_messages",
    "segments",
    "total_cost",
    "costs",
    "latency_sum_ms",
    "latency_sample_count",
    "peak_tps",
    "latency_bins",
    "latency_counts",
)


class Row(NamedTuple):
    """An hour (`bucket`: seconds since 1970) or a day (days since 1970) of a subject; `costs` by currency, in order."""

    scope: str
    scope_id: str
    bucket: int
    total_messages: int
    delivered_messages: int
    failed_messages: int
    pending_messages: int
    segments: int
    total_cost: Decimal
    costs: tuple[tuple[str, Decimal], ...]
    latency_sum_ms: int
    latency_sample_count: int
    peak_tps: int
    latency_bins: tuple[int, ...]
    latency_counts: tuple[int, ...]


Rows: TypeAlias = Sequence[Row]


def from_postgres(records: Iterable[Iterable[Any]]) -> Rows:
    """Rows in order, of hourly_rows.sql or daily_rows.sql: costs are an array of currencies and one of amounts."""
    return sorted(
        _row(*values[:9], dict(zip(*values[9:11], strict=True)), *values[11:]) for values in map(list, records)
    )


def from_clickhouse(records: Iterable[Iterable[Any]]) -> Rows:
    """Rows in order, of archived_hourly.sql or archived_daily.sql, where costs are a mapping."""
    return sorted(_row(*values) for values in map(list, records))


def columns(rows: Rows, batch: int) -> Sequence[Sequence[Any]]:
    """As ClickHouse takes them: SUBJECT, the bucket, FIGURES, the batch."""
    made: list[Sequence[Any]] = list(zip(*rows, strict=True))
    made[9] = [dict(costs) for costs in made[9]]
    return [*made, [batch] * len(rows)]


def digest(*parts: Rows) -> str:
    """SHA-256 of some rows, as they print."""
    found = sha256()
    for rows in parts:
        for row in rows:
            found.update(repr(tuple(row)).encode())
    return found.hexdigest()


def sums(rows: Rows) -> Mapping[str, int | Decimal]:
    """What must be the same of hours and of days."""
    names = ("total_messages", "delivered_messages", "failed_messages", "segments", "total_cost", "latency_sum_ms")
    return {name: sum(getattr(row, name) for row in rows) for name in names}


def _row(*values: Any) -> Row:
    *head, costs, latency_sum, samples, peak, bins, counts = values
    return Row._make([*head, tuple(sorted(costs.items())), latency_sum, samples, peak, tuple(bins), tuple(counts)])
