"""The billing service's events: `sms.billed.v1`, one BILLED per message, and one REFUNDED for a few."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from demo.outcomes import SEGMENTS, Ints, Outcomes
from demo.wire import Events, timestamps
from demo.world import AFN_PER_USD, OPERATORS

SUBJECT: Final = "billing.events"

_MICRO: Final = Decimal("0.000001")
_encode: Final = msgspec.json.Encoder().encode


class Billed(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    event_id: str
    message_id: str
    account_id: str
    tenant_id: str
    operator_id: str
    segment_count: int
    cost_per_segment: str
    total_cost: str
    currency: str
    status: str
    billed_at: str
    mno: str
    lane: str
    direction: str = "MT"
    schema_version: str = "1"


def events(outcomes: Outcomes) -> Iterator[Events]:
    """The BILLED events of all messages, then the REFUNDED events."""
    yield _events("BILLED", outcomes, outcomes.sent_at)
    refunds = outcomes.where(outcomes.refunded)
    yield _events("REFUNDED", refunds, refunds.sent_at + refunds.latency + refunds.refund_delay)


def _events(status: str, outcomes: Outcomes, at: Ints) -> Events:
    suffix = status.lower()
    rows = zip(
        outcomes.message_id,
        outcomes.account,
        outcomes.operator,
        outcomes.lane,
        outcomes.segments.tolist(),
        timestamps(at),
        strict=True,
    )
    data = [
        _encode(
            Billed(
                event_id=f"{message_id}.{suffix}",
                message_id=message_id,
                account_id=account.id,
                tenant_id=account.tenant_id,
                operator_id=operator.id,
                segment_count=segments,
                cost_per_segment=COSTS[operator.id, account.currency][1],
                total_cost=COSTS[operator.id, account.currency][segments],
                currency=account.currency,
                status=status,
                billed_at=time,
                mno=operator.mno,
                lane=lane,
            )
        )
        for message_id, account, operator, lane, segments, time in rows
    ]
    return Events(SUBJECT, at, data, [None] * len(data))


def _costs(per_segment: Decimal) -> tuple[str, ...]:
    """The cost of 0, 1, 2, ... segments: exact, with six decimals."""
    return tuple(str((per_segment * segments).quantize(_MICRO)) for segments in range(SEGMENTS.shape[1] + 1))


COSTS: Final = {
    (link.id, currency): _costs(link.price * rate)
    for link in OPERATORS
    for currency, rate in (("USD", 1), ("AFN", AFN_PER_USD))
}
