"""Pipelines are killed with SIGKILL at any point and run again: the results equal undisturbed runs."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from nats.js.api import StreamConfig

from infra.clickhouse import connect
from infra.embedded.engine import Engine
from pipelines import runs
from pipelines.lease import PipelineBusyError
from pipelines.stores import Stores
from schema.streams import OPERATOR_QUALITY
from tests.support.pipeline_process import killed_after
from tests.support.pipelines import stores_of
from tests.support.platform import Platform, open_platform

pytestmark = pytest.mark.anyio

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
MNOS = ("A", "B", "C", "D")
NAMES = ("reconciliation", "maintenance", "quality")
DEDUP_DAYS = 9
ROUNDS = 3
BEHIND = 20 * MINUTE


async def fill_warehouse(dsn: str, now: datetime) -> None:
    """Stores one report per MNO for every fourth minute of three hours."""
    rows = [
        ("t-1", now - timedelta(minutes=minutes, seconds=7), number, mno, "MT", "DELIVERED", 5, 1)
        for number, minutes in enumerate(range(0, 180, 4))
        for mno in MNOS
    ]
    columns = ["tenant_id", "event_time", "event_key", "mno", "direction", "status", "latency_ms", "ver"]
    async with connect(dsn) as client:
        await client.insert("facts_dlr", [(*row[:2], 10 * row[2] + ord(row[3]), *row[3:]) for row in rows], columns)


async def fall_behind(bus: Platform) -> None:
    """Leaves only an old signal in the stream."""
    await bus.jetstream.purge_stream(OPERATOR_QUALITY.name)
    old = datetime.now(UTC).replace(second=0, microsecond=0) - BEHIND
    signal = {
        **dict.fromkeys(["eventId", "windowStart", "windowEnd"], old.isoformat()),
        **dict.fromkeys(["deliveryRate", "dlrLatencyP95", "esmeErrorRate"]),
        **{"mno": "A", "direction": "MT", "sampleSize": 0},
    }
    await bus.jetstream.publish(OPERATOR_QUALITY.subject, json.dumps(signal).encode())


async def check_signals(bus: Platform) -> None:
    """Checks that each pair has one signal per window since the old one, in order."""
    messages = await bus.stored_messages(OPERATOR_QUALITY)
    old, *signals = [json.loads(messages[sequence].data) for sequence in sorted(messages)]
    places = [(signal["windowEnd"], signal["mno"]) for signal in signals]
    ends = sorted({end for end, _ in places})
    first, last = datetime.fromisoformat(ends[0]), datetime.fromisoformat(ends[-1])
    assert first == datetime.fromisoformat(old["windowEnd"])
    assert last >= first + BEHIND
    assert len(ends) == (last - first) // MINUTE + 1
    assert places == [(end, mno) for end in ends for mno in MNOS][1:]  # the old one was A's


async def test_killed_and_repeated_runs_equal_undisturbed_ones(
    database: str, warehouse: str, server: Engine, seed: int
) -> None:
    random, now = Random(seed), datetime.now(UTC)
    today: date = (now - timedelta(hours=1)).date()
    await fill_warehouse(warehouse, now)
    async with (
        open_platform(server.url) as bus,
        stores_of(database, warehouse, server.url, DEDUP_DAYS) as stores,
    ):
        await bus.jetstream.delete_stream(OPERATOR_QUALITY.name)
        without_deduplication = StreamConfig(
            name=OPERATOR_QUALITY.name, subjects=[OPERATOR_QUALITY.subject], duplicate_window=0.1
        )
        await bus.jetstream.add_stream(without_deduplication)
        totals = [(today - back * DAY, currency, Decimal(back)) for back in range(1, 9) for currency in ("AFN", "USD")]
        await stores.postgres.executemany("insert into billing.daily_totals values ($1, $2, $3, 1)", totals)
        for number in range(ROUNDS):
            forgotten = today - (40 + number) * DAY
            await stores.postgres.execute("select anlyt.ensure_partition('processed_events', $1, $2)", *span(forgotten))
            await stores.postgres.execute(
                "insert into anlyt.event_days (day, newest_claim_at) values ($1, $2)", forgotten, now - 30 * DAY
            )
            await fall_behind(bus)
            for _ in range(2):
                await killed_after(random.uniform(0.05, 1.0), stores.engines, NAMES, DEDUP_DAYS)
            for name in NAMES:
                await run_to_its_end(stores, name)
            await check_signals(bus)
            ledger = "select to_regclass('anlyt.processed_events_' || to_char($1::date, 'YYYYMMDD')) is null"
            assert await stores.postgres.fetchval(ledger, forgotten)
        rows = await stores.postgres.fetch("select run_id, day, currency, status from anlyt.reconciliation_log")
        assert {row["status"] for row in rows} == {"MISSING_OURS"}
        # Each run has all days, because none is OK.
        assert set(Counter(row["run_id"] for row in rows).values()) == {16}
        left = await stores.postgres.fetch(
            "select name, count(*) from anlyt.pipeline_runs where status = 'RUNNING' group by name"
        )
        assert left == []


async def run_to_its_end(stores: Stores, name: str) -> None:
    """Runs a pipeline when PostgreSQL has released the lease of the killed run. Ignores its alarm."""
    while True:
        try:
            await runs.run(stores, name)
        except PipelineBusyError:
            continue
        except runs.PipelineAlarmError:
            assert name == "reconciliation"
        return


def span(day: date) -> tuple[datetime, datetime]:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return begin, begin + DAY
