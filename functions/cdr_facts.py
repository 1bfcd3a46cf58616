"""Turns call detail records into rows of facts_cdr."""

from collections.abc import Sequence

from functions.facts import fields_of, identities, numbers, texts, touched_cells
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
    batch=Batch(15_000, seconds=1, apart=0.2),
)
def cdr_facts(events: Sequence[Stamped[CdrGenerated]]) -> Facts:
    """One row per call detail record."""
    fields = fields_of(CdrGenerated, events)
    columns = {
        **identities(events, fields),
        **texts(fields, "account_id", "operator_id", "mno", "lane", "direction", "destination_prefix", "status"),
        **texts(fields, "cdr_id", "message_id", "currency"),
        **numbers(fields, "segment_count"),
        "charge_amount": [parse_money(amount) for amount in fields["charge_amount"]],
    }
    return Facts(FACTS_CDR, columns, "cube_cdr_hourly", touched_cells(columns, HOUR))
