"""All events of the platform in the order in which they are published: a week of history, then live traffic.

Pure: the events depend only on the world's seed and the given instants. History is drawn per quarter of an hour of the
clock, so two histories have the same events, byte for byte, where they overlap.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from demo import billing, charging, compliance, delivery, mistakes, wire
from demo.outcomes import Outcomes, Span, demand, draw
from demo.rhythm import DAY, QUARTER, SECOND, campaign_share
from demo.wire import Events, Message
from demo.world import World

# One module per kind of event.
PRODUCERS: Final[tuple[Callable[[Outcomes], Iterator[Events]], ...]] = (
    billing.events,
    delivery.events,
    charging.events,
    compliance.events,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Outbox:
    """Messages that are not due yet."""

    def __init__(self) -> None:
        self._waiting: list[Message] = []

    def add(self, messages: Iterable[Message]) -> None:
        for message in messages:
            heapq.heappush(self._waiting, message)

    def due(self, until: int) -> Iterator[Message]:
        """Removes and yields, in order, the messages that are due before `until` (ms)."""
        while self._waiting and self._waiting[0].due < until:
            yield heapq.heappop(self._waiting)

    def take(self) -> list[Message]:
        """Removes and returns all messages; not in order."""
        messages, self._waiting = self._waiting, []
        return messages


def history(
    world: World,
    until: datetime,
    days: int = 7,
    messages: int = 120_000,
    outbox: Outbox | None = None,
    since: datetime | None = None,
    *,
    last_day_first: bool = False,
) -> Iterator[Message]:
    """The events published before `until` about roughly `messages` SMS messages, sent in the `days` before.

    With `since`, only about those sent in quarters of an hour that began since then. Events that are due after `until`
    (receipts, refunds, copies) stay in `outbox` for `live`. `last_day_first`: the same events, but those about messages
    of the last day come before all others.
    """
    outbox, earlier = Outbox() if outbox is None else outbox, Outbox()
    end = _instant(until)
    per_quarter = messages * QUARTER / (days * DAY) / (1 + campaign_share())
    first = (end - days * DAY) // QUARTER * QUARTER
    begun = first if since is None else max(first, -(-_instant(since) // QUARTER) * QUARTER)
    day_ago = max(begun, (end - DAY) // QUARTER * QUARTER) if last_day_first else begun
    for quarters, box in ((range(day_ago, end, QUARTER), outbox), (range(begun, day_ago, QUARTER), earlier)):
        for start in quarters:
            box.add(_events_of(world, _quarter(world, start, per_quarter)))
            yield from box.due(min(start + QUARTER, end))
    yield from earlier.due(end)
    outbox.add(earlier.take())


def live(world: World, since: datetime, until: datetime, rate: float, outbox: Outbox) -> Iterator[Message]:
    """The events published in [since, until) when `rate` SMS messages are sent per second.

    The number of messages does not depend on how time is divided into calls. Pass the same `outbox` to all calls.
    """
    start, end = _instant(since), _instant(until)
    count = int(rate * end / SECOND) - int(rate * start / SECOND)
    name = f"sms-{since.astimezone(UTC):%Y%m%dT%H%M%S}.{start % SECOND:03}"
    outbox.add(_events_of(world, Span(name, start, end, count)))
    yield from outbox.due(end)


def _quarter(world: World, start: int, per_quarter: float) -> Span:
    rng = np.random.default_rng((world.seed, start))
    count = int(rng.poisson(per_quarter * float(demand(world, start).sum())))
    name = f"sms-{_EPOCH + timedelta(milliseconds=start):%Y%m%dT%H%M}"
    return Span(name, start, start + QUARTER, count)


def _events_of(world: World, span: Span) -> list[Message]:
    """All events, at any time, about the messages sent in a span; not in order."""
    rng = np.random.default_rng((world.seed, span.start, span.messages))
    outcomes = draw(world, rng, span)
    sent = [message for produce in PRODUCERS for events in produce(outcomes) for message in wire.send(rng, events)]
    return sent + mistakes.spoiled(rng, sent, span.end - span.start)


def _instant(time: datetime) -> int:
    """Milliseconds since 1970 UTC. Raises TypeError for a time without an offset."""
    return (time - _EPOCH) // timedelta(milliseconds=1)
