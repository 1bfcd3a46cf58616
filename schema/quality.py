"""`operator.quality.v1`, the event that we publish: how well an operator's network delivered in the last hour."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from msgspec import Struct

WINDOW: Final = timedelta(minutes=60)
_NAMESPACE: Final = UUID("6f1b8f3e-5f0e-5d0c-9a55-0c1c3c8e7f11")


class OperatorQuality(Struct, frozen=True, rename="camel", kw_only=True):
    """Figures over the delivery reports with event time in [window_start, window_end), each counted once.

    `sample_size`: final reports (all but PENDING); if 0, the other figures are None. `delivery_rate` and
    `esme_error_rate` (reports with an error code) are shares of the final reports, rounded half up to 4 decimals.
    `dlr_latency_p95`: percentile_disc(0.95) of their latency, in ms.
    """

    schema_version: str = "1"
    event_id: str
    window_start: datetime
    window_end: datetime
    mno: str
    direction: str
    delivery_rate: float | None
    dlr_latency_p95: int | None
    esme_error_rate: float | None
    sample_size: int


def event_id(mno: str, direction: str, window_end: datetime) -> str:
    """A UUID derived from (mno, direction, window_end), so that a second run publishes the same id.

    The parts are joined by spaces, which none of them contains.
    """
    return str(uuid5(_NAMESPACE, f"{mno} {direction} {window_end.isoformat()}"))
