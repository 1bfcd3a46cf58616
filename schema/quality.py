"""`operator.quality.v1`, the event that we publish: how well an operator's network delivered in the last hour."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID, uuid5

from msgspec import Struct

from schema.values import means

WINDOW: Final = timedelta(minutes=60)
_NAMESPACE: Final = UUID("6f1b8f3e-5f0e-5d0c-9a55-0c1c3c8e7f11")
_EXAMPLE_ID: Final = "9ad83950-1bb7-5e25-8e47-a08beadee232"


class OperatorQuality(Struct, frozen=True, rename="camel", kw_only=True):
    """Delivery reports with event time in [windowStart, windowEnd), each counted once. All but PENDING are final."""

    schema_version: Annotated[str, means("The version of the event's format.", "1")] = "1"
    event_id: Annotated[str, means("Derived from mno, direction and windowEnd; also the `Nats-Msg-Id`.", _EXAMPLE_ID)]
    window_start: Annotated[datetime, means("60 minutes before windowEnd; in the window.", "2026-10-01T11:00:00Z")]
    window_end: Annotated[datetime, means("A whole minute; not in the window.", "2026-10-01T12:00:00Z")]
    mno: Annotated[str, means("The mobile network of the recipients.", "AWCC")]
    direction: Annotated[str, means("MT: to handsets. MO: from handsets. unknown: the reports do not say.", "MT")]
    delivery_rate: Annotated[
        float | None, means("Delivered / final reports, rounded half up to 4 decimals.", 0.9712, unit="0 to 1")
    ]
    dlr_latency_p95: Annotated[
        int | None, means("percentile_disc(0.95) of the latency of final reports.", 11175, unit="ms")
    ]
    esme_error_rate: Annotated[
        float | None,
        means(
            "Final reports with an error code / final reports, rounded half up to 4 decimals.", 0.0288, unit="0 to 1"
        ),
    ]
    sample_size: Annotated[
        int, means("The number of final reports. If it is 0, the other figures are null.", 2953, unit="reports")
    ]


def event_id(mno: str, direction: str, window_end: datetime) -> str:
    """A UUID derived from (mno, direction, window_end), so that a second run publishes the same id.

    The parts are joined by spaces, which none of them contains.
    """
    return str(uuid5(_NAMESPACE, f"{mno} {direction} {window_end.isoformat()}"))
