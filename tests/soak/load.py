"""The producers of a run: all four kinds of events, with copies, late ones and garbage, at a rate."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from schema.streams import COMPLIANCE_AUDIT, Stream
from tests.soak.plan import Plan
from tests.support import events
from tests.support.events import Fields, Make
from tests.support.platform import Platform
from tests.support.traffic import MAKERS, publish
from tests.support.validity import Message, instant

TICK: Final = 0.5  # seconds between bursts
PER_EVENT: Final = 1.375  # messages for one new event, with its copies (tests/support/events.py)
AGAIN: Final = 3  # earlier messages that a burst repeats
OLDEST: Final = timedelta(days=40)
REMEMBERED: Final = 20_000  # messages that may be repeated


async def produce(
    platform: Platform, random: Random, stream: Stream, plan: Plan, on_stored: Callable[[Sequence[Message]], None]
) -> None:
    """Publishes a quarter of the plan's rate until its time is over. What a busy machine missed is made up for."""
    began, earlier = datetime.now(UTC), deque[Message](maxlen=REMEMBERED)
    count = max(round(plan.rate * TICK / len(MAKERS) / PER_EVENT), 1)
    for number in range(round(plan.seconds / TICK)):
        await asyncio.sleep((began - datetime.now(UTC)).total_seconds() + number * TICK)
        now = plan.time_in_events(began, datetime.now(UTC))
        burst = [
            *events.messages(random, _maker(stream), now, count),
            Message(b'{"eventId": "%d"' % random.getrandbits(60)),  # no JSON: a dead letter
            *random.sample(earlier, min(AGAIN, len(earlier))),
        ]
        earlier += burst
        await asyncio.gather(*[publish(platform, stream, message) for message in burst])
        on_stored(burst)


def _maker(stream: Stream) -> Make:
    return _recent_evaluation if stream is COMPLIANCE_AUDIT else MAKERS[stream]


def _recent_evaluation(random: Random, now: datetime) -> Fields:
    """An evaluation that is at most OLDEST old: the hash chain has a link for each day from the first on."""
    while True:
        fields = MAKERS[COMPLIANCE_AUDIT](random, now)
        if instant(fields["at"]) > now - OLDEST:
            return fields
