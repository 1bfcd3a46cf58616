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
from typing import Final

from schema.facts import WORD, Cube

HOUR: Final = "DateTime('UTC')"  # also the type of a day: its first second


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
    figures: Mapping[str, str]

    @property
    def columns(self) -> Mapping[str, str]:
        return {**self.dimensions, **self.figures, "ver": "UInt64", "is_deleted": "UInt8"}


CUBE_DLR_HOURLY: Final = CubeTable(
    "cube_dlr_hourly",
    "facts_dlr",
    "hour",
    {"tenant_id": WORD, "hour": HOUR, **dict.fromkeys(["mno", "lane", "direction", "status"], WORD)},
    {
        "messages": "UInt64",
        "latency_count": "UInt64",  # terminal reports only, as are the sum, the errors and the digest
        "latency_sum": "UInt64",
        "esme_errors": "UInt64",
        "max_tps": "UInt32",
        "latency_digest": "AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), UInt32)",
    },
)
CUBE_DLR_DAILY: Final = CubeTable(
    "cube_dlr_daily",
    "cube_dlr_hourly",
    "day",
    {"tenant_id": WORD, "day": HOUR, **dict.fromkeys(["mno", "lane", "direction", "status"], WORD)},
    {name: type_ for name, type_ in CUBE_DLR_HOURLY.figures.items() if name != "latency_digest"},
)
CUBE_CDR_HOURLY: Final = CubeTable(
    "cube_cdr_hourly",
    "facts_cdr",
    "hour",
    {"tenant_id": WORD, "hour": HOUR, **dict.fromkeys(["mno", "lane", "direction", "status", "currency"], WORD)},
    {"records": "UInt64", "segments": "UInt64", "cost": "Decimal(38, 6)"},
)
CUBE_CDR_DAILY: Final = CubeTable(
    "cube_cdr_daily",
    "cube_cdr_hourly",
    "day",
    {"tenant_id": WORD, "day": HOUR, **dict.fromkeys(["mno", "lane", "direction", "status", "currency"], WORD)},
    CUBE_CDR_HOURLY.figures,
)
CUBE_COMPLIANCE_HOURLY: Final = CubeTable(
    "cube_compliance_hourly",
    "facts_compliance",
    "hour",
    {"tenant_id": WORD, "hour": HOUR, **dict.fromkeys(["mno", "lane", "verdict"], WORD)},
    {"evaluations": "UInt64", "latency_sum": "UInt64"},
)

CUBES: Final = (CUBE_DLR_HOURLY, CUBE_DLR_DAILY, CUBE_CDR_HOURLY, CUBE_CDR_DAILY, CUBE_COMPLIANCE_HOURLY)
