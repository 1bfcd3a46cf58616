"""Incidents of data and pipelines: bad events, wrong totals, changed facts, work that is not done, a killed process."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

import httpx

from infra import nats
from infra.clickhouse import connect as connect_clickhouse
from infra.postgres import open_pool
from ingest import deadletters
from ingest.partitions import Partitions
from schema.streams import CDR_EVENTS, SMS_DLR
from tests.support import events
from tests.support.breakable_service import Service, end, event, words
from tests.support.cli import PATIENCE
from tests.support.integrity_chain import DAYS, day_facts, midnight, write
from tests.support.runbooks import RUNBOOKS, blocks

BAD: Final = {"eventId": "bad"}
DAY: Final = "2026-10-07"  # in the runbooks
MARKED_DAY: Final = "2026-10-15"  # in the runbook of the cross-check
CROSSCHECK: Final = "anlyt pipeline crosscheck --param seconds=20 --param questions=5000"
DAILY_ROW: Final = """
insert into anlyt.metrics_daily (
    day_bucket, scope, scope_id, total_messages, delivered_messages, failed_messages, pending_messages, segments,
    total_cost, latency_sum_ms, latency_sample_count, peak_tps, latency_bins, latency_counts
) values ($1, 'OPERATOR', 'op-by-hand', 1, 0, 0, 0, 1, 0, 0, 0, 0, '{}', '{}')
"""
CLAIMS: Final = (
    "insert into anlyt.processed_events (event_at, event_key) "
    "select $1::timestamptz + number * interval '1 second', gen_random_uuid() from generate_series(1, 5000) as number"
)


@asynccontextmanager
async def rollup_never_ran(service: Service) -> AsyncIterator[None]:
    yield
    assert await service.look("AnlytRollupFailed.md") == [[]]
    await service.follow("AnlytRollupFailed.md")


@asynccontextmanager
async def rollup_stops(service: Service) -> AsyncIterator[None]:
    await service.follow("AnlytRollupFailed.md")
    yield
    (runs,) = await service.look("AnlytRollupFailed.md")
    assert {run["status"] for run in runs} == {"SUCCEEDED"}  # no run in 3 hours
    await service.follow("AnlytRollupFailed.md")


@asynccontextmanager
async def archive_never_ran(service: Service) -> AsyncIterator[None]:
    yield
    await service.look("AnlytPipelineLate.md")
    (command,) = re.findall(r"^anlyt pipeline archive$", blocks("AnlytPipelineLate.md")[0], re.MULTILINE)
    assert (await service.sh(command)).returncode == 0


@asynccontextmanager
async def pipelines_stop(service: Service) -> AsyncIterator[None]:
    await service.follow("AnlytPipelineLate.md")
    yield
    await service.look("AnlytPipelineLate.md")
    await service.follow("AnlytPipelineLate.md")


@asynccontextmanager
async def checkpoints_stop(service: Service) -> AsyncIterator[None]:
    """A checkpoint of the transparency log is published, and no further one."""
    await service.follow("AnlytCheckpointNotPublished.md")
    yield
    (checkpoints,) = await service.look("AnlytCheckpointNotPublished.md")
    assert checkpoints
    await service.follow("AnlytCheckpointNotPublished.md")


@asynccontextmanager
async def billing_differs(service: Service) -> AsyncIterator[None]:
    """Billing has a total of a day of which we have no events, until it corrects its row."""
    day = (datetime.now(UTC) - timedelta(days=2)).date()
    await service.execute("insert into billing.daily_totals values ($1, 'USD', 5, 1)", day)
    compare = blocks("AnlytReconciliationDivergence.md")[1]
    compared = await service.sh(compare, **{DAY: str(day)})
    assert (compared.returncode, f"{day} USD MISSING_OURS" in compared.stderr) == (1, True), compared
    yield
    await service.follow("AnlytReconciliationDivergence.md", 0)  # no dead letter explains it
    shown = await service.sh(
        blocks("reconciliation.md")[0].replace("$DAY", str(day)).replace("$ANLYT_POSTGRES_DSN", service.postgres)
    )
    assert "MISSING_OURS" in shown.stdout, shown
    await service.execute("update billing.daily_totals set total_cost = 0 where day = $1", day)
    await service.follow("AnlytReconciliationDivergence.md", 1, {DAY: str(day)})


@asynccontextmanager
async def process_is_killed(service: Service) -> AsyncIterator[None]:
    await service.end("api", signal.SIGKILL)
    yield
    await service.follow("AnlytTargetDown.md")  # its engines answer, so that it can be started
    service.start("api")


@asynccontextmanager
async def producer_sends_bad_events(service: Service) -> AsyncIterator[None]:
    before = await _dead_letters(service)
    await service.publish(SMS_DLR, BAD)
    yield
    found = sorted(await _dead_letters(service) - before)
    listed = blocks("AnlytDeserializationErrors.md")[0]
    assert (await service.sh(listed, **{"show 7": f"show {found[0]}"})).returncode == 0
    drop = blocks("dead-letters.md")[-1]
    dropped = await service.sh(drop, **{"drop 4 9": f"drop {' '.join(map(str, found))}"})
    assert all(f"{number}: dropped" in dropped.stdout for number in found), dropped


async def _dead_letters(service: Service) -> set[int]:
    """The numbers of the dead letters."""
    async with nats.connect(service.nats) as client:
        return set(await deadletters.ids(client.jetstream()))


@asynccontextmanager
async def producer_sends_only_bad_events(service: Service) -> AsyncIterator[None]:
    """A function stops at its limit, and is let through."""
    await service.publish(CDR_EVENTS, *[BAD] * 30)
    yield
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{service.metrics['ingest']}/health/ready")
    assert (answer.status_code, "cdr_facts" in answer.text) == (503, True), answer.text
    command = words(blocks("AnlytDeadletterLimit.md")[1].replace("delivery_metrics", "cdr_facts"))
    beside = service.start_command(command, service.settings, "beside")
    async with nats.connect(service.nats) as client, asyncio.timeout(PATIENCE):
        jetstream = client.jetstream()
        while True:
            info = await jetstream.consumer_info(CDR_EVENTS.name, "anlyt-ingest-cdr")
            if not info.num_pending and not info.num_ack_pending:
                break
            await asyncio.sleep(0.2)
    await end(beside)
    await service.end("ingest")
    service.start("ingest")


@asynccontextmanager
async def producer_contradicts_itself(service: Service) -> AsyncIterator[None]:
    """A bridge publishes one delivery report under two tenants. The pipeline `copies` keeps the first."""
    report = event(events.report, "receivedAt", eventId="contradiction")
    for tenant in ("tenant-a", "tenant-b"):
        await service.publish(SMS_DLR, {**report, "tenantId": tenant})
    yield
    (command,) = re.findall(
        r"^anlyt pipeline copies$", (RUNBOOKS / "AnlytCopiesDiscarded.md").read_text(), re.MULTILINE
    )
    searched = await service.sh(command)
    assert (searched.returncode, "facts removed" in searched.stdout) == (0, True), searched


@asynccontextmanager
async def cubes_stop(service: Service) -> AsyncIterator[None]:
    await service.publish(SMS_DLR, event(events.report, "receivedAt", tenantId="tenant-a"))
    yield
    assert any(await service.look("AnlytCubeStale.md"))
    await service.follow("AnlytCubeStale.md")


@asynccontextmanager
async def closed_day_is_changed(service: Service) -> AsyncIterator[None]:
    facts = day_facts(Random(17), midnight(DAYS), 20)
    await write(service.clickhouse, facts)
    assert (await service.sh("anlyt pipeline integrity")).returncode == 0
    async with connect_clickhouse(service.clickhouse) as client:
        await client.command("create table anlyt.saved as anlyt.facts_compliance")
        await client.command("insert into anlyt.saved select * from anlyt.facts_compliance")
    await write(service.clickhouse, [{**facts[0], "key": 9}])
    changed = await service.sh(blocks("AnlytIntegrityDiffers.md")[1])
    assert (changed.returncode, "differ from the chain" in changed.stderr) == (1, True), changed
    yield
    verified = await service.sh(blocks("AnlytIntegrityDiffers.md")[0])
    assert (verified.returncode, "added facts of tenant" in verified.stdout) == (1, True), verified
    await service.look("integrity.md")
    async with connect_clickhouse(service.clickhouse) as client:
        parts = "select distinct partition_id from system.parts where table = 'saved' and database = 'anlyt'"
        for (partition,) in (await client.query(parts)).result_rows:
            await client.command(
                f"alter table anlyt.facts_compliance replace partition id '{partition}' from anlyt.saved"
            )
        await client.command("drop table anlyt.saved")
    await service.follow("AnlytIntegrityDiffers.md", 0)
    await service.follow("AnlytIntegrityDiffers.md", 1)


@asynccontextmanager
async def daily_row_is_written_by_hand(service: Service) -> AsyncIterator[None]:
    """A daily row has no hours, until its day is added up again."""
    day = (datetime.now(UTC) - timedelta(days=3)).date()
    await service.execute("insert into anlyt.event_days (day, version, rolled_version) values ($1, 1, 1)", day)
    await service.execute(DAILY_ROW, day)
    for status in (0, 0, 1):  # a suspicion, twice, and a difference
        ran = await service.sh(f"{CROSSCHECK} --param law=days_are_their_hours --param day={day} --param pause=0.5")
        assert (ran.returncode, "Numbers that must be equal differ" in ran.stderr) == (status, status == 1), ran
        await asyncio.sleep(0.5)
    yield
    page = "AnlytCrosscheckDiffers.md"
    (differences, *_) = await service.look(page)
    assert {difference["law"] for difference in differences} == {"days_are_their_hours"}
    (command,) = re.findall(r"`(anlyt pipeline rollup --param day=[0-9-]+)`", (RUNBOOKS / page).read_text())
    assert (await service.sh(command, **{MARKED_DAY: str(day)})).returncode == 0
    await service.follow(page, 1)


@asynccontextmanager
async def ledger_is_not_dropped(service: Service) -> AsyncIterator[None]:
    """The ledger has a day that `maintenance` had to drop long ago."""
    old = (datetime.now(UTC) - timedelta(days=20)).date()
    async with open_pool(service.postgres, size=1) as pool:
        await Partitions(pool).ensure([old])
    await service.execute(
        "insert into anlyt.event_days (day, version, newest_claim_at) values ($1::date, 1, $1::date) "
        "on conflict (day) do nothing",
        old,
    )
    await service.execute(CLAIMS, datetime.combine(old, datetime.min.time(), UTC))
    yield
    (partitions,) = await service.look("AnlytProcessedEventsGrowth.md")
    assert f"processed_events_{old:%Y%m%d}" in {row["partition"] for row in partitions}
    await service.follow("AnlytProcessedEventsGrowth.md")
