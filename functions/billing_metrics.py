"""Billing events -> messages, segments and cost per hour of the platform, its operators and accounts."""

from collections import defaultdict
from collections.abc import Sequence

from functions.function import Batch, function
from functions.hours import add_platform, hour_of
from schema.decoding import Stamped
from schema.events import SmsBilled, micros
from schema.streams import BILLING_EVENTS
from schema.writes import Billed, CellKey, Writes


@function(
    stream=BILLING_EVENTS,
    durable="anlyt-billing-consumer",
    event=SmsBilled,
    event_type="sms.billed.v1",
    time_field="billed_at",
    span="anlyt.process.billingEvent",
    batch=Batch(5000, seconds=0.2),
)
def billing_metrics(events: Sequence[Stamped[SmsBilled]]) -> Writes:
    """BILLED adds a message with its segments and cost, REFUNDED takes one away, in the hour of `billedAt`."""
    cells: dict[CellKey, Billed] = defaultdict(Billed)
    for stamped in events:
        event, hour = stamped.event, hour_of(stamped.at)
        sign = 1 if event.status == "BILLED" else -1
        segments, cost = sign * event.segment_count, sign * micros(event.total_cost)
        for key in (CellKey("OPERATOR", event.operator_id, hour), CellKey("ACCOUNT", event.account_id, hour)):
            cell = cells[key]
            cell.messages += sign
            cell.segments += segments
            cell.costs[event.currency] += cost
    return Writes(
        billed=add_platform(cells, Billed), accounts=frozenset(stamped.event.account_id for stamped in events)
    )
