import random
from datetime import UTC, datetime
from random import Random

import pytest

from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support import events
from tests.support.platform import BILLING, DELIVERY, Platform, cut
from tests.support.reference import expect
from tests.support.stored import differences

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("seed", range(6))
async def test_brute(platform: Platform, seed: int) -> None:
    random = Random(seed)
    now = datetime.now(UTC)
    billing = events.messages(random, events.billing, now, 1500)
    delivery = events.messages(random, events.report, now, 1500)
    await platform.publish(BILLING_EVENTS, billing)
    await platform.publish(SMS_DLR, delivery)
    await platform.drain(
        cut(BILLING, random.choice([1, 7, 500, 5000])), cut(DELIVERY, random.choice([3, 50, 500, 5000]))
    )
    assert await differences(platform.dsn, expect(billing, delivery, now)) == []
