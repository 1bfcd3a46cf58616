"""Turns delivery reports into rows of facts_dlr."""

from collections.abc import Sequence

from functions.facts import fields_of, identities, numbers, texts, touched_cells
from functions.function import Batch, function
from schema.decoding import Stamped
from schema.events import DlrInbound
from schema.facts import FACTS_DLR
from schema.instants import HOUR
from schema.streams import DLR_FACTS_DURABLE, SMS_DLR
from schema.writes import Facts


@function(
    stream=SMS_DLR,
    durable=DLR_FACTS_DURABLE,
    span="anlyt.process.dlrFacts",
    batch=Batch(15_000, seconds=1, apart=0.2),
)
def dlr_facts(events: Sequence[Stamped[DlrInbound]]) -> Facts:
    """One row per delivery report."""
    fields = fields_of(DlrInbound, events)
    columns = {
        **identities(events, fields),
        **texts(fields, "account_id", "operator_id", "mno", "lane", "direction", "destination_prefix"),
        "status": fields["delivery_status"],
        "error_code": fields["error_code"],
        **numbers(fields, "latency_ms", "tps_snapshot"),
    }
    return Facts(FACTS_DLR, columns, "cube_dlr_hourly", touched_cells(columns, HOUR))
