"""Facts written to ClickHouse as by ingest, without NATS, and the expected content."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from random import Random

from functions.cdr_facts import cdr_facts
from functions.compliance_facts import compliance_facts
from functions.dlr_facts import dlr_facts
from functions.function import AnyFunction
from infra.clickhouse import open_clickhouse
from ingest.facts import FactStore
from ingest.sink import Events
from tests.support import events, fact_events
from tests.support.events import Make
from tests.support.fact_reference import Expected, expect
from tests.support.validity import Message
from tests.support.writes import decoded, split

Sent = Mapping[AnyFunction, Sequence[Message]]
MAKERS: Mapping[AnyFunction, Make] = {
    dlr_facts: fact_events.report,
    cdr_facts: fact_events.record,
    compliance_facts: fact_events.evaluation,
}


@asynccontextmanager
async def fact_store(dsn: str) -> AsyncIterator[FactStore]:
    async with open_clickhouse(dsn, statement_timeout=30) as clickhouse:
        yield FactStore(clickhouse)


def make_sent(random: Random, now: datetime, count: int) -> Sent:
    """Messages for about `count` events of every type, with copies."""
    return {function: events.messages(random, make, now, count) for function, make in MAKERS.items()}


def batches(random: Random, sent: Sent, now: datetime) -> Iterable[tuple[AnyFunction, Events]]:
    """All messages twice, split at random, as batches in random order."""
    parts = [
        (function, part)
        for function, messages in sent.items()
        for whole in [decoded(function, messages, now)]
        for order in (whole, random.sample(whole, len(whole)))
        for part in split(random, order)
        if part
    ]
    return random.sample(parts, len(parts))


def expected(sent: Sent, now: datetime) -> Expected:
    reports, records, evaluations = sent.values()
    return expect(reports, records, evaluations, arrived=now)
