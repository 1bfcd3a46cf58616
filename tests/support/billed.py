"""Counts billing events as a worker does, also those of the demo, with billing's totals."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from demo import billing, billing_ledger, traffic
from demo.totals import WRONG_AFTER, DailyTotals
from demo.world import make_world
from infra.frames import Frame
from ingest.commit import MetricStore
from ingest.decode import BatchDecoder
from ingest.partitions import Partitions
from pipelines.stores import Stores
from tests.support.platform import BILLING

WEEK = timedelta(days=7)


async def count(stores: Stores, messages: Sequence[tuple[datetime, bytes]]) -> None:
    """Commits billing events as a worker does; each has the time at which its stream stored it."""
    store = MetricStore(stores.postgres, Partitions(stores.postgres), "USD")
    frames = [
        Frame(b"s", b"$JS.ACK.S.C.1.1.1.%d.0" % (int(at.timestamp()) * 10**9 + number), b"", data)
        for number, (at, data) in enumerate(messages)
    ]
    decoded = BatchDecoder(BILLING).decode(frames)
    await store.commit(BILLING, decoded.events, decoded.refused)


async def count_demo(stores: Stores, messages: int = 3000) -> date:
    """Counts a week of the demo and stores billing's totals; returns the day on which these are wrong on purpose."""
    until, totals = datetime.now(UTC), DailyTotals()
    sent = []
    for message in traffic.history(make_world(), until, 7, messages, since=until - WEEK):
        totals.add(message)
        if message.subject == billing.SUBJECT:
            sent.append((datetime.fromtimestamp(message.due / 1000, UTC), message.data))
    await count(stores, sent)
    sums = totals.take()
    totals.give_back(sums)
    await billing_ledger.close_history(stores.postgres, totals)
    return min(total.day for total in sums) + WRONG_AFTER
