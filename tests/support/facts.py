"""Facts written to ClickHouse as ingest does, without NATS, and what the reference says of them."""

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
SORTS: Mapping[AnyFunction, Make] = {
    dlr_facts: fact_events.report,
    cdr_facts: fact_events.record,
    compliance_facts: fact_events.evaluation,
}


@asynccontextmanager
async def fact_store(dsn: str) -> AsyncIterator[FactStore]:
    async with open_clickhouse(dsn, statement_timeout=30) as clickhouse:
        yield FactStore(clickhouse)


def make_sent(random: Random, now: datetime, count: int) -> Sent:
    """About `count` events of every sort with their copies."""
    return {function: events.messages(random, make, now, count) for function, make in SORTS.items()}


def batches(random: Random, sent: Sent, now: datetime) -> Iterable[tuple[AnyFunction, Events]]:
    """All of it cut anywhere, in any order of the batches, and once more cut elsewhere."""
    cut = [
        (function, part)
        for function, messages in sent.items()
        for whole in [decoded(function, messages, now)]
        for order in (whole, random.sample(whole, len(whole)))
        for part in split(random, order)
        if part
    ]
    return random.sample(cut, len(cut))


def expected(sent: Sent, now: datetime) -> Expected:
    reports, records, evaluations = sent.values()
    return expect(reports, records, evaluations, arrived=now)
