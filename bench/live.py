"""Delivery reports as they happen: 200 tenants with shares by Zipf, 1,000 accounts, 6 operators."""

from datetime import UTC, datetime
from random import Random
from typing import Final

import msgspec

TENANTS: Final = 200
ACCOUNTS_PER_TENANT: Final = 5
TAILS: Final = 10_000
PROBE: Final = "probe"  # the tenant and the account of events whose way is measured


def tails(random: Random) -> list[bytes]:
    """The fields that do not change from event to event, as the end of an event's JSON."""
    shares = [1 / rank for rank in range(1, TENANTS + 1)]
    return [_tail(random, tenant) for tenant in random.choices(range(TENANTS), shares, k=TAILS)]


def tenant_name(number: int) -> str:
    """The tenant of a number; 0 is the largest."""
    return f"tenant-{number:03}"


def probe_tail() -> bytes:
    """The same of an event whose way is measured: all of them are delivered."""
    return _encoded(PROBE, PROBE, "op-0", "DELIVERED", 900)


def event(random: Random, now: datetime, tail: bytes) -> bytes:
    """An event of this moment, as JSON."""
    identity = b"%032x" % random.getrandbits(128)
    return b'{"eventId":"%b","messageId":"m-%b","receivedAt":"%b",%b' % (identity, identity, _time(now), tail)


def _time(now: datetime) -> bytes:
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


def _tail(random: Random, tenant: int) -> bytes:
    account = tenant * ACCOUNTS_PER_TENANT + random.randrange(ACCOUNTS_PER_TENANT)
    status = random.choices(("DELIVERED", "FAILED", "PENDING"), (90, 8, 2))[0]
    latency = int(random.lognormvariate(8, 1))
    return _encoded(tenant_name(tenant), f"acc-{account}", f"op-{random.randrange(6)}", status, latency)


def _encoded(tenant: str, account: str, operator: str, status: str, latency: int) -> bytes:
    fields = {
        "schemaVersion": "1",
        "operatorId": operator,
        "accountId": account,
        "tenantId": tenant,
        "deliveryStatus": status,
        "errorCode": None,
        "latencyMs": latency,
        "tpsSnapshot": 100,
        "mno": "ROSHAN",
        "lane": "OTP",
        "direction": "MT",
        "destinationPrefix": "9379",
    }
    return msgspec.json.encode(fields)[1:]
