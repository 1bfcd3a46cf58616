"""Counts delivery reports: outcomes, latency and peak rate per hour of the platform, its operators and accounts."""

from collections import defaultdict
from collections.abc import Sequence

from functions.function import Batch, function
from functions.hours import Cells, hour_of, in_scopes
from schema.decoding import Stamped
from schema.events import DlrInbound
from schema.histogram import bin_of
from schema.streams import DLR_METRICS_DURABLE, SMS_DLR
from schema.writes import Delivered, Writes


def _count(cell: Delivered, event: DlrInbound) -> None:
    """Adds a report to a cell: a final one with its latency, a pending one without. Both may raise the peak rate."""
    cell.peak_tps = max(cell.peak_tps, event.tps_snapshot)
    if event.delivery_status == "PENDING":
        cell.pending_reports += 1
        return
    if event.delivery_status == "DELIVERED":
        cell.delivered += 1
    else:
        cell.failed += 1
    cell.latency_sum += event.latency_ms
    cell.histogram[bin_of(event.latency_ms)] += 1


@function(
    stream=SMS_DLR,
    durable=DLR_METRICS_DURABLE,
    span="anlyt.process.dlrEvent",
    batch=Batch(10_000, seconds=0.2),
)
def delivery_metrics(events: Sequence[Stamped[DlrInbound]]) -> Writes:
    """Counts each report in the hour of `receivedAt` for its operator, its account and the platform."""
    operators: Cells[Delivered] = defaultdict(Delivered)
    accounts: Cells[Delivered] = defaultdict(Delivered)
    for stamped in events:
        event, hour = stamped.event, hour_of(stamped.at)
        _count(operators[event.operator_id, hour], event)
        _count(accounts[event.account_id, hour], event)
    return Writes(
        delivered=in_scopes(operators, accounts, Delivered), accounts=frozenset(account for account, _ in accounts)
    )
