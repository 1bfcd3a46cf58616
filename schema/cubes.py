"""The cubes: their columns in order, each with its ClickHouse type. A test compares them with the live tables.

Dimensions come first, then figures, then the columns of a ReplacingMergeTree. Readers need FINAL.

`dataAsOf` of an answer is that of the table which gave it, over all tenants. No row means that nothing is stored.

* A cube's: `select max(newest_event_at) from anlyt.data_as_of where cube = ... having count() > 0`. It is written after
  the cells and before their marks are removed.
* Facts': `select max(event_time) from anlyt.facts_... having count() > 0`, which ClickHouse knows from the minima and
  maxima of its parts (1 ms, no FINAL).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from schema.facts import WORD, Cube

QUANTILES: Final = (0.5, 0.95, 0.99)  # of the digest of latencies
_TERMINAL: Final = "status != 'PENDING'"
_SECOND: Final = "DateTime('UTC')"  # the first second of an hour or day
_QUANTILES: Final = ", ".join(map(str, QUANTILES))


class Aggregate(NamedTuple):
    """A figure's type, and the SQL that computes it from rows of the source."""

    type: str
    sql: str


@dataclass(frozen=True, slots=True)
class CubeTable:
    """A cube's columns and its source.

    `source`: the facts, or the cube of shorter cells, that it is computed from. `time`: the column with the beginning
    of a cell; it is the second dimension.
    """

    name: Cube
    source: str
    time: str
    dimensions: Mapping[str, str]
    figures: Mapping[str, Aggregate]

    @property
    def columns(self) -> Mapping[str, str]:
        figures = {name: figure.type for name, figure in self.figures.items()}
        return {**self.dimensions, **figures, "ver": "UInt64", "is_deleted": "UInt8"}

    @property
    def of_facts(self) -> bool:
        """Whether the cube is computed from facts; otherwise from an hourly cube."""
        return self.source.startswith("facts_")


def _of_hours(hours: CubeTable, *maxima: str) -> Mapping[str, Aggregate]:
    """The figures of a daily cube: sums of the hourly ones, or maxima for `maxima`. Daily cubes have no digest."""
    return {
        name: Aggregate(figure.type, f"{'max' if name in maxima else 'sum'}(source.{name})")
        for name, figure in hours.figures.items()
        if name != "latency_digest"
    }


CUBE_DLR_HOURLY: Final = CubeTable(
    "cube_dlr_hourly",
    "facts_dlr",
    "hour",
    {"tenant_id": WORD, "hour": _SECOND, **dict.fromkeys(["mno", "lane", "direction", "status"], WORD)},
    {
        "messages": Aggregate("UInt64", "count()"),
        # Terminal reports only, as are the sum, the errors and the digest.
        "latency_count": Aggregate("UInt64", f"countIf({_TERMINAL})"),
        "latency_sum": Aggregate("UInt64", f"sumIf(latency_ms, {_TERMINAL})"),
        "esme_errors": Aggregate("UInt64", f"countIf({_TERMINAL} and error_code is not null)"),
        "max_tps": Aggregate("UInt32", "max(tps_snapshot)"),
        "latency_digest": Aggregate(
            f"AggregateFunction(quantilesTDigest({_QUANTILES}), UInt32)",
            f"quantilesTDigestStateIf({_QUANTILES})(latency_ms, {_TERMINAL})",
        ),
    },
)
CUBE_DLR_DAILY: Final = CubeTable(
    "cube_dlr_daily",
    "cube_dlr_hourly",
    "day",
    {"tenant_id": WORD, "day": _SECOND, **dict.fromkeys(["mno", "lane", "direction", "status"], WORD)},
    _of_hours(CUBE_DLR_HOURLY, "max_tps"),
)
CUBE_CDR_HOURLY: Final = CubeTable(
    "cube_cdr_hourly",
    "facts_cdr",
    "hour",
    {"tenant_id": WORD, "hour": _SECOND, **dict.fromkeys(["mno", "lane", "direction", "status", "currency"], WORD)},
    {
        "records": Aggregate("UInt64", "count()"),
        "segments": Aggregate("UInt64", "sum(segment_count)"),
        "cost": Aggregate("Decimal(38, 6)", "sum(charge_amount)"),
    },
)
CUBE_CDR_DAILY: Final = CubeTable(
    "cube_cdr_daily",
    "cube_cdr_hourly",
    "day",
    {"tenant_id": WORD, "day": _SECOND, **dict.fromkeys(["mno", "lane", "direction", "status", "currency"], WORD)},
    _of_hours(CUBE_CDR_HOURLY),
)
CUBE_COMPLIANCE_HOURLY: Final = CubeTable(
    "cube_compliance_hourly",
    "facts_compliance",
    "hour",
    {"tenant_id": WORD, "hour": _SECOND, **dict.fromkeys(["mno", "lane", "verdict"], WORD)},
    {
        "evaluations": Aggregate("UInt64", "count()"),
        "latency_sum": Aggregate("UInt64", "sum(evaluation_latency_ms)"),
    },
)

CUBES: Final = (CUBE_DLR_HOURLY, CUBE_DLR_DAILY, CUBE_CDR_HOURLY, CUBE_CDR_DAILY, CUBE_COMPLIANCE_HOURLY)
