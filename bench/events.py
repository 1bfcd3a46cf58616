"""Delivery reports of some accounts and 6 operators over three hours, as events."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

ACCOUNTS, OPERATORS, HOURS = 50, 6, 3


def delivery_reports(count: int, seed: int = 7, accounts: int = ACCOUNTS) -> Iterator[bytes]:
    """Yields `count` different delivery reports as JSON, in time order."""
    rng = random.Random(seed)
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=HOURS)
    for number in range(count):
        yield msgspec.json.encode(
            {
                "schemaVersion": "1",
                "eventId": f"{rng.getrandbits(128):032x}",
                "messageId": f"message-{number}",
                "operatorId": f"op-{rng.randrange(OPERATORS)}",
                "accountId": f"acc-{rng.randrange(accounts)}",
                "tenantId": "tenant-1",
                "deliveryStatus": rng.choices(("DELIVERED", "FAILED", "PENDING"), (90, 8, 2))[0],
                "errorCode": None,
                "latencyMs": int(rng.lognormvariate(8, 1)),
                "tpsSnapshot": rng.randrange(500),
                "receivedAt": start + timedelta(seconds=HOURS * 3600 * number / count),
                "mno": "ROSHAN",
                "lane": "OTP",
                "direction": "MT",
                "destinationPrefix": "9379",
            }
        )
