"""Random events that are published and counted, and what the reference expects of them."""

from datetime import UTC, datetime
from random import Random

from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support import events
from tests.support.platform import BILLING, DELIVERY, Platform
from tests.support.reference import Expected, expect


async def count_events(platform: Platform, seed: int, now: datetime, count: int) -> Expected:
    """Publishes about `count` billing events and as many delivery reports, and processes all of them."""
    print(f"seed {seed}")
    random = Random(seed)
    billing = events.messages(random, events.billing, now, count)
    delivery = events.messages(random, events.report, now, count)
    await platform.publish(BILLING_EVENTS, billing)
    await platform.publish(SMS_DLR, delivery)
    await platform.drain(BILLING, DELIVERY)
    return expect(billing, delivery, datetime.now(UTC))
