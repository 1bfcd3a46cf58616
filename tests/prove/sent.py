"""Random events of one step: on few days, with refunds, late ones, and copies of all events so far that may differ."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, TypeAlias

from schema.streams import BILLING_EVENTS, CDR_EVENTS, COMPLIANCE_AUDIT, SMS_DLR, Stream
from tests.graph.support.warehouse_facts import EDGES, LANES, MNOS, TENANTS
from tests.support import events, fact_events
from tests.support.events import Fields, Make
from tests.support.validity import Message

Sent: TypeAlias = Mapping[Stream, Sequence[Message]]
"""Messages in the order of their stream."""

MAKERS: Final[Mapping[Stream, tuple[Make, str]]] = {
    BILLING_EVENTS: (events.billing, "billedAt"),
    SMS_DLR: (fact_events.report, "receivedAt"),
    CDR_EVENTS: (fact_events.record, "occurredAt"),
    COMPLIANCE_AUDIT: (fact_events.evaluation, "at"),
}
ACCOUNTS: Final = ("a-1", "a-2")
OPERATORS: Final = ("op-1", "op-2")
REACH: Final = timedelta(hours=9)  # few days, because each partition of ClickHouse takes milliseconds to write
ARCHIVED: Final = timedelta(days=95)  # ago; such days move to the archive


def random_edges(random: Random, midnight: datetime) -> Sequence[datetime]:
    """Times near which all events of a world are: a change of clocks, yesterday, and a day that the archive takes."""
    return [random.choice(EDGES), midnight - timedelta(days=1), midnight - ARCHIVED]


class Producer:
    """Makes the events of a world, and remembers them for copies that come later."""

    def __init__(self, edges: Sequence[datetime]) -> None:
        self._edges = edges
        self._made: Mapping[Stream, list[Fields]] = {stream: [] for stream in MAKERS}

    def send(self, random: Random, count: int) -> Sent:
        """Messages for `count` new events of each stream, and for about half as many copies of old and new ones."""
        return {stream: self._of_stream(random, stream, count) for stream in MAKERS}

    def _of_stream(self, random: Random, stream: Stream, count: int) -> Sequence[Message]:
        known, now = self._made[stream], datetime.now(UTC)

        def make(random: Random, _: datetime) -> Fields:
            return self._event(random, stream)

        fresh = [make(random, now) for _ in range(count)]
        known += fresh
        copies = [events.again(random, each) for each in random.sample(known, count // 4)]
        copies += [events.differing(random, make, each) for each in random.sample(known, count // 10)]
        others = [events.lookalike(random, each) for each in random.sample(known, count // 30)]
        known += others
        sent = [events.message(random, each) for each in (*fresh, *copies, *others)]
        return events.reordered(random, sent, reach=random.choice([1, 40]))

    def _event(self, random: Random, stream: Stream) -> Fields:
        make, time = MAKERS[stream]
        edge = random.choice(self._edges)
        shift = timedelta(microseconds=random.choice([-1, 0, 1, *[random.randrange(-1, 2) * 10**6] * 2]))
        at = edge + (shift if random.random() < 0.2 else random.uniform(-1, 1) * REACH)
        return make(random, at) | {time: events.written(random, at)} | _route(random, stream)


def _route(random: Random, stream: Stream) -> Fields:
    """The fields that random questions group and filter by. Only a delivery report may lack its tenant and network."""
    tenant = random.choice(TENANTS if stream is SMS_DLR else TENANTS[:2])
    route = {"accountId": random.choice(ACCOUNTS), "tenantId": tenant, "mno": random.choice(MNOS)}
    if stream is not BILLING_EVENTS:
        route["lane"] = random.choice(LANES)
    if stream is not COMPLIANCE_AUDIT:
        route["operatorId"] = random.choice(OPERATORS)
    return {name: None if stream is SMS_DLR and value == "unknown" else value for name, value in route.items()}
