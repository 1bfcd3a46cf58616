"""The JetStream streams of the platform and how long each keeps its messages."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Stream:
    """A JetStream stream. `duplicate_window`: how long it remembers a `Nats-Msg-Id`. `is_ours`: we publish to it."""

    name: str
    subject: str
    retention: timedelta = WEEK
    duplicate_window: timedelta = timedelta(minutes=2)
    is_ours: bool = False


class Consumer(NamedTuple):
    """A durable consumer of a whole stream. It acknowledges a message when the message is stored."""

    stream: Stream
    durable: str


BILLING_EVENTS: Final = Stream("BILLING_EVENTS", "billing.events")
SMS_DLR: Final = Stream("SMS_DLR", "sms.dlr.inbound")
CDR_EVENTS: Final = Stream("CDR_EVENTS", "cdr.generated.v1")
COMPLIANCE_AUDIT: Final = Stream("COMPLIANCE_AUDIT", "compliance.audit.v1")
DLR_METRICS_DURABLE: Final = "anlyt-dlr-consumer"  # PostgreSQL has every event that it acknowledged
DLR_FACTS_DURABLE: Final = "anlyt-ingest-dlr"  # facts_dlr has every event that it acknowledged
COMPLIANCE_DURABLE: Final = "anlyt-ingest-compliance"  # facts_compliance has every event that it acknowledged
CDR_FACTS_DURABLE: Final = "anlyt-ingest-cdr"  # facts_cdr has every event that it acknowledged
OPERATOR_QUALITY: Final = Stream("OPERATOR_QUALITY", "operator.quality.v1", timedelta(hours=24), is_ours=True)
# Remembers a dead letter's id for as long as its event can be redelivered, so no dead letter is written twice.
DEADLETTER: Final = Stream("ANLYT_DEADLETTER", "anlyt.deadletter.>", timedelta(days=30), WEEK, is_ours=True)

STREAMS: Final = (BILLING_EVENTS, SMS_DLR, CDR_EVENTS, COMPLIANCE_AUDIT, OPERATOR_QUALITY, DEADLETTER)
