"""The fact tables: their columns in order, each with its ClickHouse type. A test compares them with the live tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from schema.instants import NANOSECONDS

ColumnType = Literal[
    "LowCardinality(String)",
    "LowCardinality(Nullable(String))",
    "String",
    "Array(LowCardinality(String))",
    "UInt32",
    "UInt64",
    "DateTime('UTC')",
    "DateTime64(6, 'UTC')",
    "Decimal(38, 6)",
]
Cube = Literal["cube_dlr_hourly", "cube_dlr_daily", "cube_cdr_hourly", "cube_cdr_daily", "cube_compliance_hourly"]

WORD: Final = "LowCardinality(String)"  # one of few distinct values
NEVER: Final = 1 << 63  # `ver` is this minus the time at which the stream stored the event
NOBODY: Final = ""  # the tenant of marks without one; events without one have UNKNOWN
UNKNOWN: Final = "unknown"  # stands for a dimension that an event does not name

# Earlier releases counted microseconds in `ver`. NEVER - ver is below this for microseconds, above it for nanoseconds.
_MICROSECONDS: Final = 1 << 51


def version(stored: int) -> int:
    """The `ver` of a fact: the first copy has the highest. `stored`: when its stream stored it, in nanoseconds."""
    return NEVER - stored


def stored_at(ver: int) -> int:
    """The instant at which the stream stored a fact's event, from its `ver`. STORED_AT is the same in SQL."""
    left = NEVER - ver
    return left if left < _MICROSECONDS else left // NANOSECONDS


STORED_AT: Final = f"if({NEVER} - ver < {_MICROSECONDS}, {NEVER} - ver, intDiv({NEVER} - ver, {NANOSECONDS}))"
"""`stored_at` in ClickHouse's SQL: statements have it as `{stored_at}`."""


@dataclass(frozen=True, slots=True)
class FactTable:
    """A ClickHouse table of the database `anlyt` that ingest writes to."""

    name: str
    columns: Mapping[str, ColumnType]


_IDENTITY: Final[Mapping[str, ColumnType]] = {
    "tenant_id": WORD,
    "event_time": "DateTime64(6, 'UTC')",
    "event_key": "UInt64",
}
_VERSION: Final[Mapping[str, ColumnType]] = {"ver": "UInt64"}
_ROUTE: Final[Mapping[str, ColumnType]] = dict.fromkeys(
    ["account_id", "operator_id", "mno", "lane", "direction", "destination_prefix", "status"], WORD
)

FACTS_DLR: Final = FactTable(
    "facts_dlr",
    {
        **_IDENTITY,
        **_ROUTE,
        "error_code": "LowCardinality(Nullable(String))",
        "latency_ms": "UInt32",
        "tps_snapshot": "UInt32",
        **_VERSION,
    },
)
FACTS_CDR: Final = FactTable(
    "facts_cdr",
    {
        **_IDENTITY,
        **_ROUTE,
        "cdr_id": "String",
        "message_id": "String",
        "segment_count": "UInt32",
        "charge_amount": "Decimal(38, 6)",
        "currency": WORD,
        **_VERSION,
    },
)
FACTS_COMPLIANCE: Final = FactTable(
    "facts_compliance",
    {
        **_IDENTITY,
        "account_id": WORD,
        "mno": WORD,
        "lane": WORD,
        "verdict": WORD,
        "evaluation_id": "String",
        "message_id": "String",
        **dict.fromkeys(["rule_ids", "rule_names", "rule_types", "rule_actions"], "Array(LowCardinality(String))"),
        "rule_set_id": WORD,
        "rule_set_version": WORD,
        "evaluation_latency_ms": "UInt32",
        **_VERSION,
    },
)
# Marks of the cells that a cube has to compute again. `hour` is the beginning of the cell: an hour, or a day, which
# stands for all its hours. The pipeline `copies` has its marks here, too: `cube` is a fact table, `hour` a minute that
# received facts (no tenant) or in which facts of a tenant are being removed.
DIRTY: Final = FactTable("dirty", {"cube": WORD, "tenant_id": WORD, "hour": "DateTime('UTC')"})

TABLES: Final = (FACTS_DLR, FACTS_CDR, FACTS_COMPLIANCE, DIRTY)
