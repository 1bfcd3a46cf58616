"""Counts billing events: messages, segments and cost per hour of the platform, its operators and accounts."""

from collections import defaultdict
from collections.abc import Sequence

from functions.function import Batch, function
from functions.hours import Cells, hour_of, in_scopes
from schema.decoding import Stamped
from schema.events import SmsBilled
from schema.money import parse_money
from schema.streams import BILLING_EVENTS
from schema.writes import Billed, Writes


@function(
    stream=BILLING_EVENTS,
    durable="anlyt-billing-consumer",
    span="anlyt.process.billingEvent",
    batch=Batch(15_000, seconds=0.2, apart=0.1),
)
def billing_metrics(events: Sequence[Stamped[SmsBilled]]) -> Writes:
    """Counts each event in the hour of `billedAt`.

    BILLED adds a message, its segments and cost; REFUNDED subtracts them and adds a refund.
    """
    operators: Cells[Billed] = defaultdict(Billed)
    accounts: Cells[Billed] = defaultdict(Billed)
    for stamped in events:
        event, hour = stamped.event, hour_of(stamped.at)
        refunded = event.status == "REFUNDED"
        sign = -1 if refunded else 1
        segments, cost = sign * event.segment_count, sign * parse_money(event.total_cost)
        for cell in (operators[event.operator_id, hour], accounts[event.account_id, hour]):
            cell.messages += sign
            cell.refunded += refunded
            cell.segments += segments
            cell.costs[event.currency] += cost
            cell.events[event.currency] += 1
    return Writes(billed=in_scopes(operators, accounts, Billed), accounts=frozenset(account for account, _ in accounts))
