"""Compliance facts of past days, and the hash chain over them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from infra.clickhouse import connect
from pipelines import runs
from pipelines.integrity import verification
from pipelines.stores import Stores
from schema.streams import COMPLIANCE_AUDIT, COMPLIANCE_DURABLE
from tests.support import audit_facts
from tests.support.audit_facts import Fact
from tests.support.pipelines import stores_of
from tests.support.platform import open_platform

DAY = timedelta(days=1)
DAYS = 5


def midnight(days_ago: int) -> datetime:
    return datetime.combine(datetime.now(UTC).date(), datetime.min.time(), UTC) - days_ago * DAY


def day_facts(random: Random, day: datetime, count: int, stored: datetime | None = None) -> list[dict[str, Any]]:
    """Facts of one day, some at the same instant. By default, the stream stored each 3 s after its time."""
    moments = [day + timedelta(microseconds=random.randrange(86_400 * 10**6)) for _ in range(count)]
    moments += [day, day, day + DAY - timedelta(microseconds=1)]
    return [{**audit_facts.evaluation(random, at), "stored": stored or at + timedelta(seconds=3)} for at in moments]


async def write(dsn: str, facts: Sequence[Fact]) -> None:
    async with connect(dsn) as client:
        await audit_facts.write(client, "compliance", facts)


@asynccontextmanager
async def open_chain(database: str, warehouse: str, nats: str) -> AsyncIterator[Stores]:
    """Yields stores and adds the durable consumer of compliance facts."""
    async with open_platform(nats) as bus, stores_of(database, warehouse, nats) as stores:
        await add_consumer(bus.jetstream)
        yield stores


async def add_consumer(jetstream: JetStreamContext) -> None:
    """Adds the durable consumer as ingest does; it starts at the first message."""
    config = ConsumerConfig(durable_name=COMPLIANCE_DURABLE, ack_policy=AckPolicy.EXPLICIT)
    await jetstream.add_consumer(COMPLIANCE_AUDIT.name, config)


async def close_days(stores: Stores) -> Mapping[str, int]:
    """Runs the pipeline `integrity` once; returns its counts."""
    return await runs.run(stores, "integrity")


async def differences(stores: Stores, first: date | None = None, last: date | None = None) -> list[str]:
    """The differences that verification finds, one line each."""
    read = await verification.read_chain(stores)
    days = await verification.days(stores, read, first, last)
    lines: list[Any] = [*read.differences(None)]
    async for some in verification.verified(stores, read, days):
        lines += some
    return list(map(str, lines))
