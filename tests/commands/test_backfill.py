"""`anlyt backfill` as a command: killed, stopped, started twice, refused."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import click
import pytest

from anlyt import cli
from commands import ingest
from commands.backfill import AlreadyRunningError, run
from functions import METRICS
from functions.cdr_facts import cdr_facts
from infra.dedup import MAY_FORGET
from infra.errors import UsageError
from infra.settings import read_settings
from ingest import backfill
from ingest.commit import HOLD
from schema.streams import BILLING_EVENTS, CDR_EVENTS
from tests.support import events, fact_events
from tests.support.chaos import make_short_ack_consumers
from tests.support.cli import running
from tests.support.fact_reference import expect as expect_facts
from tests.support.platform import BILLING, Platform
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message
from tests.support.warehouse import fact_differences

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
SINCE = NOW - timedelta(days=80)
CORRUPT = (
    "update anlyt.metrics_hourly set total_messages = -7, total_cost = 0.5 where hour_bucket >= $1 and random() < 0.5"
)
WAITING = "select true from pg_locks where locktype = 'advisory' and not granted"


def _history(rng: Random, count: int) -> list[Message]:
    return events.messages(rng, events.billing, NOW, count)


def _settings(platform: Platform, **more: str) -> dict[str, str]:
    return {"ANLYT_NATS_URL": platform.url, "ANLYT_POSTGRES_DSN": platform.dsn, **more} | {
        "ANLYT_CLICKHOUSE_DSN": more.get("ANLYT_CLICKHOUSE_DSN", "http://nobody@127.0.0.1:1/anlyt")
    }


async def _at_work(platform: Platform, rebuild: bool) -> bool:
    """Whether the consumer was moved back, or the tables of the rebuild exist."""
    if rebuild:
        return bool(await platform.pool.fetchval("select to_regnamespace('anlyt_rebuild') is not null"))
    return await platform.pending_count(BILLING) > 0


async def test_after_failover_is_refused_where_it_has_no_meaning() -> None:
    settings = read_settings({})
    with pytest.raises(UsageError, match="knows where to begin"):
        await run(settings, BILLING.name, SINCE, rebuild=False, after_failover=True)
    with pytest.raises(UsageError, match="knows where to begin"):
        await run(settings, BILLING.name, None, rebuild=True, after_failover=True)
    with pytest.raises(UsageError, match="cdr_facts writes to ClickHouse"):
        await run(settings, "cdr_facts", None, rebuild=False, after_failover=True)


@pytest.mark.parametrize("rebuild", [False, True], ids=["replay", "rebuild"])
async def test_killed_again_and_again(platform: Platform, tmp_path: Path, rebuild: bool) -> None:
    """Killed with -9 at random points, then run to its end, without other workers."""
    seed = 88
    print(f"seed {seed}")
    rng = Random(seed)
    billing = _history(rng, 6000)
    await make_short_ack_consumers(platform, METRICS)
    await platform.publish(BILLING_EVENTS, billing)
    await platform.drain(BILLING)
    mode = ["--rebuild", "--since", SINCE.isoformat()] if rebuild else []
    if rebuild:
        await platform.pool.execute(CORRUPT, SINCE)
    for _ in range(3):
        with running(tmp_path, "backfill", BILLING.name, *mode, **_settings(platform)) as started:
            while started.process.poll() is None and not await _at_work(platform, rebuild):
                await asyncio.sleep(0.005)
            await asyncio.sleep(rng.uniform(0, 0.4))
            started.process.send_signal(signal.SIGKILL)
    await run(read_settings(_settings(platform)), BILLING.name, SINCE if rebuild else None, rebuild=rebuild)
    assert await platform.pending_count(BILLING) == 0
    assert await platform.pool.fetchval("select to_regnamespace('anlyt_rebuild')::text") is None
    assert await platform.pool.fetchval("select count(*) from anlyt.event_days where version <> rolled_version") == 0
    await platform.pool.execute("update anlyt.event_days set rolled_version = 0")  # the state that ingest alone leaves
    assert await differences(platform.dsn, expect(billing, [], NOW)) == []


async def test_a_replay_keeps_the_ledger_from_forgetting(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """From before it reads what the ledger remembers, until it ends."""
    await platform.publish(BILLING_EVENTS, _history(Random(4), 20))
    await platform.drain(BILLING)
    found, begin = [], backfill.begin

    async def may_forget() -> object:
        async with platform.pool.acquire() as connection, connection.transaction():
            return await connection.fetchval(MAY_FORGET)

    async def begin_later(*arguments: Any) -> Any:
        found.append(await may_forget())
        return await begin(*arguments)

    monkeypatch.setattr(backfill, "begin", begin_later)
    await run(read_settings(_settings(platform)), BILLING.name, None, rebuild=False)
    assert [*found, await may_forget()] == [False, True]


async def test_two_at_once_are_one(platform: Platform) -> None:
    settings = read_settings(_settings(platform))
    async with platform.pool.acquire() as connection:
        for lock, rebuild in ((BILLING.name, False), (BILLING.name, True), ("rebuild", True)):
            await connection.execute("select pg_advisory_lock(hashtextextended($1, 0))", f"anlyt.backfill.{lock}")
            with pytest.raises(AlreadyRunningError, match="runs already"):
                await run(settings, BILLING.name, None, rebuild=rebuild)
            await connection.execute("select pg_advisory_unlock_all()")


async def test_stopped_while_it_waits_for_a_commit(platform: Platform, tmp_path: Path) -> None:
    """The swap waits for counting workers, and a signal ends the wait."""
    billing = _history(Random(90), 100)
    await platform.publish(BILLING_EVENTS, billing)
    await platform.drain(BILLING)
    async with platform.pool.acquire() as connection, connection.transaction():
        await connection.execute(HOLD, BILLING.name)
        with running(tmp_path, "backfill", BILLING.name, "--rebuild", **_settings(platform)) as started:
            while not await platform.pool.fetchval(WAITING):
                await asyncio.sleep(0.02)
            started.process.send_signal(signal.SIGTERM)
            _, stderr = await asyncio.to_thread(started.process.communicate)
    assert (started.process.returncode, "the stored figures are unchanged" in stderr) == (1, True)
    assert await differences(platform.dsn, expect(billing, [], NOW)) == []


async def test_facts_are_replayed_without_postgresql(
    facts: Platform, warehouse: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = Random(89)
    records = events.messages(rng, fact_events.record, NOW, 200)
    await facts.publish(CDR_EVENTS, records)
    settings = _settings(facts, ANLYT_CLICKHOUSE_DSN=warehouse)
    for _ in range(2):
        await run(read_settings(settings), cdr_facts.name, None, rebuild=False)
        assert await facts.pending_count(cdr_facts) == 0
    assert f"{len(records):,} messages were replayed" in capsys.readouterr().out
    assert await fact_differences(warehouse, expect_facts(records=records, arrived=NOW)) == []


async def test_a_memory_that_is_too_short_is_refused(platform: Platform) -> None:
    settings = read_settings(_settings(platform, ANLYT_DEDUP_DAYS="6"))
    for refused in (run(settings, BILLING.name, None, rebuild=False), ingest.run(settings, [], print)):
        with pytest.raises(UsageError, match="ANLYT_DEDUP_DAYS is 6, but BILLING_EVENTS keeps its messages for 7 days"):
            await refused


@pytest.mark.parametrize(
    ("function", "sentence"), [("nothing", "FUNCTION nothing is unknown"), ("cdr_facts", "needs no --rebuild")]
)
async def test_functions_that_cannot_be_rebuilt(function: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        await run(read_settings({}), function, None, rebuild=True)


@pytest.mark.parametrize("time", ["yesterday", "2026-10-01", "2026-10-01T00:00:00"])
def test_times_need_an_offset(time: str) -> None:
    with pytest.raises(click.UsageError, match="is not a time with an offset"):
        cli.main(["backfill", "cdr_facts", "--since", time], standalone_mode=False)
