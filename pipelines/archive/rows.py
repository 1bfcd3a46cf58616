"""The rows of the archive, in one form for both stores. Pure: no I/O."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from schema.figures import COUNTERS, HISTOGRAM, Named

SUBJECT: Final = ("scope", "scope_id")
COUNTER_COLUMNS: Final = tuple(figure.column for figure in COUNTERS.values())
# The other columns of a row; its bucket comes after SUBJECT, its batch at the end.
VALUES: Final = (*COUNTER_COLUMNS, "total_cost", "costs", *HISTOGRAM)
_counters: Final = itemgetter(*COUNTER_COLUMNS)


class Row(NamedTuple):
    """An hour or a day of a subject.

    `bucket`: seconds since 1970 of an hour, days since 1970 of a day. `counters`: in the order of COUNTER_COLUMNS.
    `costs`: by currency, in order.
    """

    scope: str
    scope_id: str
    bucket: int
    counters: tuple[int | None, ...]
    total_cost: Decimal
    costs: tuple[tuple[str, Decimal], ...]
    latency_bins: tuple[int, ...]
    latency_counts: tuple[int, ...]

    def values(self) -> Iterable[Any]:
        """The values in the order of ClickHouse's columns: SUBJECT, the bucket, VALUES."""
        head, tail = (*self[:3], *self.counters, self.total_cost), (self.latency_bins, self.latency_counts)
        return (*head, dict(self.costs), *tail)


Rows: TypeAlias = Sequence[Row]


def from_postgres(records: Iterable[Named]) -> Rows:
    """Sorted rows of the statements hourly_rows or daily_rows, whose costs are arrays of currencies and of amounts."""
    return sorted(_row(each, dict(zip(each["currencies"], each["costs"], strict=True))) for each in records)


def from_clickhouse(records: Iterable[Named]) -> Rows:
    """Sorted rows of the statements archived_hourly or archived_daily, whose costs are a mapping."""
    return sorted(_row(each, each["costs"]) for each in records)


def columns(rows: Rows, batch: int) -> Sequence[Sequence[Any]]:
    """The rows as ClickHouse's columns: SUBJECT, the bucket, VALUES, the batch."""
    return [*zip(*(row.values() for row in rows), strict=True), [batch] * len(rows)]


def digest(*parts: Rows) -> str:
    """The SHA-256 over the text form of rows, as hexadecimal digits."""
    hashed = sha256()
    for rows in parts:
        for row in rows:
            hashed.update(repr(tuple(row)).encode())
    return hashed.hexdigest()


def sums(rows: Rows) -> Mapping[str, int | Decimal | None]:
    """The sum of each additive column; it must be equal for the hours and the days of the same time."""
    counters = {
        figure.column: figure.total([row.counters[number] for row in rows])
        for number, figure in enumerate(COUNTERS.values())
        if figure.merge == "sum"
    }
    return {**counters, "total_cost": sum(row.total_cost for row in rows)}


def _row(record: Named, costs: Mapping[str, Decimal]) -> Row:
    return Row(
        record["scope"],
        record["scope_id"],
        record["bucket"],
        _counters(record),
        record["total_cost"],
        tuple(sorted(costs.items())),
        tuple(record["latency_bins"]),
        tuple(record["latency_counts"]),
    )
