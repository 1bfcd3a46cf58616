"""Turns call detail records into rows of facts_cdr."""

from collections.abc import Sequence

from functions.facts import identities, numbers, texts, touched_cells
from functions.function import Batch, function
from schema.decoding import Stamped
from schema.events import CdrGenerated
from schema.facts import FACTS_CDR
from schema.instants import HOUR
from schema.money import parse_money
from schema.streams import CDR_EVENTS, CDR_FACTS_DURABLE
from schema.writes import Facts


@function(
    stream=CDR_EVENTS,
    durable=CDR_FACTS_DURABLE,
    span="anlyt.process.cdrFacts",
    batch=Batch(10_000, seconds=1),
)
def cdr_facts(events: Sequence[Stamped[CdrGenerated]]) -> Facts:
    """One row per call detail record."""
    columns = {
        **identities(events),
        **texts(events, "account_id", "operator_id", "mno", "lane", "direction", "destination_prefix", "status"),
        **texts(events, "cdr_id", "message_id", "currency"),
        **numbers(events, "segment_count"),
        "charge_amount": [parse_money(stamped.event.charge_amount) for stamped in events],
    }
    return Facts(FACTS_CDR, columns, "cube_cdr_hourly", touched_cells(events, HOUR))
