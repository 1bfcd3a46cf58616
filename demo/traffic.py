"""All events of the platform in the order in which they are published: a week of history, then live.

Pure: everything follows from the world's seed and the instants asked for. History is drawn by quarters of an hour
on the clock, so telling it again later repeats the same events, byte for byte, for the time that both tell.
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

# Whoever tells what becomes of messages: another kind of event is another module here.
PRODUCERS: Final[tuple[Callable[[Outcomes], Iterator[Events]], ...]] = (
    billing.events,
    delivery.events,
    charging.events,
    compliance.events,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Outbox:
    """Messages that wait for their time."""

    def __init__(self) -> None:
        self._waiting: list[Message] = []

    def add(self, messages: Iterable[Message]) -> None:
        for message in messages:
            heapq.heappush(self._waiting, message)

    def due(self, until: int) -> Iterator[Message]:
        """Takes out, in order, what is due before an instant (ms)."""
        while self._waiting and self._waiting[0].due < until:
            yield heapq.heappop(self._waiting)


def history(
    world: World,
    until: datetime,
    days: int = 7,
    messages: int = 120_000,
    outbox: Outbox | None = None,
    since: datetime | None = None,
) -> Iterator[Message]:
    """What was published before `until` about roughly so many messages, sent over the `days` before.

    With `since`, only what was sent in the quarters of an hour that began since then.

    What these messages still have to tell after `until` (receipts, refunds, copies) stays in `outbox` for `live`.
    """
    outbox = Outbox() if outbox is None else outbox
    end = _instant(until)
    per_quarter = messages * QUARTER / (days * DAY) / (1 + campaign_share())
    first = (end - days * DAY) // QUARTER * QUARTER
    begun = first if since is None else max(first, -(-_instant(since) // QUARTER) * QUARTER)
    for start in range(begun, end, QUARTER):
        outbox.add(_born(world, _quarter(world, start, per_quarter)))
        yield from outbox.due(min(start + QUARTER, end))


def live(world: World, since: datetime, until: datetime, rate: float, outbox: Outbox) -> Iterator[Message]:
    """What is published in [since, until) when `rate` messages are sent a second.

    However time is cut into calls, as many messages are sent; `outbox` goes from call to call.
    """
    start, end = _instant(since), _instant(until)
    count = int(rate * end / SECOND) - int(rate * start / SECOND)
    name = f"sms-{since.astimezone(UTC):%Y%m%dT%H%M%S}.{start % SECOND:03}"
    outbox.add(_born(world, Span(name, start, end, count)))
    yield from outbox.due(end)


def _quarter(world: World, start: int, per_quarter: float) -> Span:
    rng = np.random.default_rng((world.seed, start))
    count = int(rng.poisson(per_quarter * float(demand(world, start).sum())))
    name = f"sms-{_EPOCH + timedelta(milliseconds=start):%Y%m%dT%H%M}"
    return Span(name, start, start + QUARTER, count)


def _born(world: World, span: Span) -> list[Message]:
    """Everything that will ever be published about the messages sent in a span; not in order."""
    rng = np.random.default_rng((world.seed, span.start, span.messages))
    outcomes = draw(world, rng, span)
    sent = [message for tell in PRODUCERS for events in tell(outcomes) for message in wire.send(rng, events)]
    return sent + mistakes.spoiled(rng, sent, span.end - span.start)


def _instant(time: datetime) -> int:
    """Milliseconds since 1970 UTC; raises TypeError for a time without an offset."""
    return (time - _EPOCH) // timedelta(milliseconds=1)
