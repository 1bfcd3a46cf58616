"""The charging system's events: `cdr.generated.v1`, one record per message when its outcome is known."""

from collections.abc import Iterator
from typing import Final

import msgspec

from demo.billing import COSTS
from demo.outcomes import Outcomes
from demo.wire import Events, timestamps

SUBJECT: Final = "cdr.generated.v1"

_encode: Final = msgspec.json.Encoder().encode


class Record(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    event_id: str
    cdr_id: str
    message_id: str
    tenant_id: str
    account_id: str
    operator_id: str
    mno: str
    lane: str
    destination_prefix: str
    status: str
    segment_count: int
    charge_amount: str
    currency: str
    occurred_at: str
    direction: str = "MT"
    schema_version: str = "1"


def events(outcomes: Outcomes) -> Iterator[Events]:
    """The call detail records of all messages."""
    at = outcomes.sent_at + outcomes.latency
    rows = zip(
        outcomes.message_id,
        outcomes.account,
        outcomes.operator,
        outcomes.lane,
        outcomes.prefix,
        outcomes.status,
        outcomes.segments.tolist(),
        timestamps(at),
        strict=True,
    )
    data = [
        _encode(
            Record(
                event_id=f"{message_id}.cdr",
                cdr_id=f"cdr-{message_id}",
                message_id=message_id,
                tenant_id=account.tenant_id,
                account_id=account.id,
                operator_id=operator.id,
                mno=operator.mno,
                lane=lane,
                destination_prefix=prefix,
                status=status,
                segment_count=segments,
                charge_amount=COSTS[operator.id, account.currency][segments],
                currency=account.currency,
                occurred_at=time,
            )
        )
        for message_id, account, operator, lane, prefix, status, segments, time in rows
    ]
    yield Events(SUBJECT, at, data, [None] * len(data))
