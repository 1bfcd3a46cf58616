"""The SMPP gateways' events: `sms.dlr.inbound.v1`, one terminal receipt per message, after a PENDING for a few."""

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np

from demo.outcomes import Outcomes
from demo.wire import Events, timestamps

SUBJECT: Final = "sms.dlr.inbound"

_encode: Final = msgspec.json.Encoder().encode


class Receipt(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    event_id: str
    message_id: str
    operator_id: str
    account_id: str
    delivery_status: str
    error_code: str | None
    latency_ms: int
    tps_snapshot: int
    received_at: str
    tenant_id: str | msgspec.UnsetType
    mno: str
    lane: str
    destination_prefix: str
    direction: str = "MT"
    schema_version: str = "1"


def events(outcomes: Outcomes) -> Iterator[Events]:
    """The PENDING receipts, then the terminal receipts of all messages."""
    first = outcomes.where(outcomes.pending_first)
    pending = np.full((2, len(first.latency)), [["PENDING"], [None]], dtype=object)
    yield _events("pending", first._replace(status=pending[0], error_code=pending[1], latency=first.pending_latency))
    yield _events("receipt", outcomes)


def _events(suffix: str, outcomes: Outcomes) -> Events:
    at = outcomes.sent_at + outcomes.latency
    rows = zip(
        outcomes.message_id,
        outcomes.operator,
        outcomes.account,
        outcomes.status,
        outcomes.error_code,
        outcomes.latency.tolist(),
        outcomes.tps.tolist(),
        timestamps(at),
        outcomes.lane,
        outcomes.prefix,
        strict=True,
    )
    data = [
        _encode(
            Receipt(
                event_id=f"{message_id}.{suffix}",
                message_id=message_id,
                operator_id=operator.id,
                account_id=account.id,
                delivery_status=status,
                error_code=error_code,
                latency_ms=latency,
                tps_snapshot=tps,
                received_at=time,
                tenant_id=account.tenant_id if operator.names_tenant else msgspec.UNSET,
                mno=operator.mno,
                lane=lane,
                destination_prefix=prefix,
            )
        )
        for message_id, operator, account, status, error_code, latency, tps, time, lane, prefix in rows
    ]
    headers = [
        None if operator.names_tenant else {"X-Tenant-Id": account.tenant_id}
        for operator, account in zip(outcomes.operator, outcomes.account, strict=True)
    ]
    return Events(SUBJECT, at, data, headers)
