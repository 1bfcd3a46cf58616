"""The figures of reports: what is counted per hour of the platform, an operator or an account.

`Totals` declares them. The column lists of statements (LISTS, for `{counters}` and other placeholders), the columns of
the archive and the fields of reports follow from it. A test compares it with the live columns. Cost and the histogram
of latencies are not integers: statements name their columns themselves.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NamedTuple, Protocol, get_args, get_type_hints

Source = Literal["billed", "delivered"]
"""The events that are counted: billing events (schema.writes.Billed) or delivery reports (schema.writes.Delivered)."""
Merge = Literal["sum", "max"]
UNKNOWN: Final = -1  # in place of null, where a statement returns an array; only what is never negative may be unknown


class Named(Protocol):
    """A row whose values are read by name: an asyncpg record or a mapping."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Figure:
    """A column of metrics_hourly, metrics_daily, restated_rows and both archives.

    `merge`: how the values of hours and subjects combine. `sql`: its type in PostgreSQL. `added`: the PostgreSQL
    migration that added it later; older rows have null, because it was not counted.
    """

    column: str
    source: Source
    unit: str
    meaning: str
    merge: Merge = "sum"
    sql: Literal["bigint", "numeric(38,6)"] = "bigint"
    added: str | None = None

    @property
    def total(self) -> Callable[[Sequence[Any]], Any]:
        """Combines the values of one or more rows; None if one of them was not counted."""
        if self.merge == "max":
            return max
        return _sum_of_known if self.added else sum

    @property
    def summed(self) -> str:
        """The SQL aggregate that combines the column of several rows."""
        if self.merge == "max":
            return f"max({self.column})"
        total = f"sum({self.column})::int8"
        return f"case when count({self.column}) = count(*) then {total} end" if self.added else total

    @property
    def known(self) -> str:
        """The SQL expression of its value, or UNKNOWN for null."""
        return f"coalesce({self.column}, {UNKNOWN})" if self.added else self.column

    @property
    def merged(self) -> str:
        """The SQL expression that merges the new row (excluded) into the stored one (m)."""
        if self.merge == "max":
            return f"greatest(m.{self.column}, excluded.{self.column})"
        return f"m.{self.column} + excluded.{self.column}"


def _sum_of_known(values: Sequence[Any]) -> int | None:
    return None if None in values else sum(values)


class Totals(NamedTuple):
    """The figures of some hours of one subject."""

    cost: Annotated[
        int,
        Figure("total_cost", "billed", "millionths", "Cost in the reporting currency.", sql="numeric(38,6)"),
    ] = 0
    messages: Annotated[int, Figure("total_messages", "billed", "messages", "BILLED events less REFUNDED ones.")] = 0
    delivered: Annotated[int, Figure("delivered_messages", "delivered", "messages", "Reports of delivery.")] = 0
    failed: Annotated[int, Figure("failed_messages", "delivered", "messages", "Final reports of all other kinds.")] = 0
    pending_reports: Annotated[int, Figure("pending_messages", "delivered", "messages", "PENDING reports.")] = 0
    segments: Annotated[int, Figure("segments", "billed", "segments", "Segments, counted as the messages are.")] = 0
    latency_sum: Annotated[int, Figure("latency_sum_ms", "delivered", "ms", "Latencies of final reports.")] = 0
    latency_samples: Annotated[int, Figure("latency_sample_count", "delivered", "reports", "Final reports.")] = 0
    peak_tps: Annotated[int, Figure("peak_tps", "delivered", "messages/s", "Highest rate of a report.", "max")] = 0
    refunded: Annotated[
        int | None,
        Figure(
            "refunded_messages", "billed", "events", "REFUNDED events: taken off the messages.", added="0016_refunds"
        ),
    ] = 0


FIGURES: Final[Mapping[str, Figure]] = {
    name: get_args(annotated)[1] for name, annotated in get_type_hints(Totals, include_extras=True).items()
}
"""Figures by the field's name in `Totals`, in order."""
COUNTERS: Final[Mapping[str, Figure]] = {name: figure for name, figure in FIGURES.items() if figure.sql == "bigint"}
"""The integer figures: all but the cost."""
HISTOGRAM: Final[Mapping[str, str]] = {"latency_bins": "smallint[]", "latency_counts": "bigint[]"}
"""The columns (and their types) of a histogram (schema/histogram.py): ascending bins, and the samples of each."""

# The forms of a column list in a statement: `{billed}` is plain, `{billed_new}` and so on are expressions.
_FORMS: Final[Mapping[str, Callable[[Figure], str]]] = {
    "": lambda figure: figure.column,
    "_stored": lambda figure: f"m.{figure.column}",
    "_new": lambda figure: f"excluded.{figure.column}",
    "_merged": lambda figure: figure.merged,
    "_zero": lambda figure: "0",
    "_sent": lambda figure: f"array_send(array_agg({figure.known})) as {figure.column}",
    "_summed": lambda figure: f"{figure.summed} as {figure.column}",
    "_or_zero": lambda figure: f"case when metrics.scope is null then 0 else {figure.column} end as {figure.column}",
}


def of(source: Source) -> Mapping[str, Figure]:
    """The integer figures of one kind of events, by the name of the cell's attribute."""
    return {name: figure for name, figure in COUNTERS.items() if figure.source == source}


def _lists(of_what: str, figures: Iterable[Figure]) -> Mapping[str, str]:
    return {of_what + form: ", ".join(map(print_, figures)) for form, print_ in _FORMS.items()}


def _arrays(figures: Iterable[Any], first: int) -> str:
    """One array parameter per figure, numbered from `first`."""
    return ", ".join(f"${number}::int8[]" for number, _ in enumerate(figures, first))


LISTS: Final[Mapping[str, str]] = {
    **_lists("counters", COUNTERS.values()),
    **_lists("billed", of("billed").values()),
    **_lists("delivered", of("delivered").values()),
    # For the upserts of ingest/sql: they follow the key and the columns that are not integers.
    "billed_arrays": _arrays(of("billed"), first=6),
    "delivered_arrays": _arrays(of("delivered"), first=6),
}
