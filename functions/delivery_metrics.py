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


@function(
    stream=SMS_DLR,
    durable=DLR_METRICS_DURABLE,
    span="anlyt.process.dlrEvent",
    batch=Batch(15_000, seconds=0.2, apart=0.1),
)
def delivery_metrics(events: Sequence[Stamped[DlrInbound]]) -> Writes:
    """Counts each report in the hour of `receivedAt` for its operator, its account and the platform.

    A final report counts with its latency, a pending one without. Both may raise the peak rate.
    """
    operators: Cells[Delivered] = defaultdict(Delivered)
    accounts: Cells[Delivered] = defaultdict(Delivered)
    for stamped in events:
        event, hour = stamped.event, hour_of(stamped.at)
        status, latency, bin_ = event.delivery_status, event.latency_ms, bin_of(event.latency_ms)
        for cell in (operators[event.operator_id, hour], accounts[event.account_id, hour]):
            if cell.peak_tps < event.tps_snapshot:
                cell.peak_tps = event.tps_snapshot
            if status == "PENDING":
                cell.pending_reports += 1
                continue
            if status == "DELIVERED":
                cell.delivered += 1
            else:
                cell.failed += 1
            cell.latency_sum += latency
            cell.histogram[bin_] += 1
    return Writes(
        delivered=in_scopes(operators, accounts, Delivered), accounts=frozenset(account for account, _ in accounts)
    )
