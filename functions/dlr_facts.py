"""Turns delivery reports into rows of facts_dlr."""

from collections.abc import Sequence

from functions.facts import identities, numbers, texts, touched_cells
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
    batch=Batch(10_000, seconds=1),
)
def dlr_facts(events: Sequence[Stamped[DlrInbound]]) -> Facts:
    """One row per delivery report."""
    columns = {
        **identities(events),
        **texts(events, "account_id", "operator_id", "mno", "lane", "direction", "destination_prefix"),
        "status": [stamped.event.delivery_status for stamped in events],
        "error_code": [stamped.event.error_code for stamped in events],
        **numbers(events, "latency_ms", "tps_snapshot"),
    }
    return Facts(FACTS_DLR, columns, "cube_dlr_hourly", touched_cells(events, HOUR))
