"""The fact tables: their columns in order, each with its ClickHouse type; a test holds the live tables against them."""

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

WORD: Final = "LowCardinality(String)"  # of a vocabulary that is small compared to the table
NEVER: Final = 1 << 63  # from which `ver` counts down to the time at which the stream stored an event
NOBODY: Final = ""  # no tenant: an event that names none is of `unknown`
UNKNOWN: Final = "unknown"  # stands for a dimension that an event does not name

# `ver` counted microseconds once: what is left of such a count is less than this, and more than of nanoseconds ever is.
_MICROSECONDS: Final = 1 << 51


def version(stored: int) -> int:
    """The `ver` of a fact whose stream stored its event at so many nanoseconds: the first copy has the highest."""
    return NEVER - stored


def stored_at(ver: int) -> int:
    """The instant at which the stream stored the event of a fact. (In SQL: pipelines/integrity/sql.)"""
    left = NEVER - ver
    return left if left < _MICROSECONDS else left // NANOSECONDS


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the database `anlyt`."""

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

FACTS_DLR: Final = Table(
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
FACTS_CDR: Final = Table(
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
FACTS_COMPLIANCE: Final = Table(
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
# What a cube has to be computed again for. `hour` is the beginning of the cell: of an hour, or of a day, which asks for
# all of its hours. Marks of the pipeline `copies` are here, too: their `cube` is a table of facts, `hour` a minute
# which facts came for (no tenant), or in which facts of a tenant are being removed.
DIRTY: Final = Table("dirty", {"cube": WORD, "tenant_id": WORD, "hour": "DateTime('UTC')"})

TABLES: Final = (FACTS_DLR, FACTS_CDR, FACTS_COMPLIANCE, DIRTY)
