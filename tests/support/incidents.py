"""What breaks a service, which alerts that raises, and how the runbooks repair it.

An incident is a context manager over the service: up to its `yield` it breaks something, after it, it follows the
runbooks of the alerts that have fired meanwhile.
"""

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, TypeAlias

import asyncpg
import httpx

from infra import nats
from infra.clickhouse import connect as connect_clickhouse
from infra.postgres import open_pool
from ingest import deadletters
from ingest.partitions import Partitions
from schema.streams import BILLING_EVENTS, CDR_EVENTS, SMS_DLR
from tests.support import events
from tests.support.api import ADMIN, ANALYTICS
from tests.support.breakable_service import Service, end, event, words
from tests.support.cli import PATIENCE
from tests.support.integrity_chain import DAYS, day_facts, midnight, write
from tests.support.runbooks import RUNBOOKS, blocks

Broken: TypeAlias = Callable[[Service], AbstractAsyncContextManager[None]]
BAD: Final = {"eventId": "bad"}
DAY: Final = "2026-10-07"  # in the runbooks
PAUSE: Final = 1.0  # seconds
CLAIMS: Final = (
    "insert into anlyt.processed_events (event_at, event_key) "
    "select $1::timestamptz + number * interval '1 second', gen_random_uuid() from generate_series(1, 5000) as number"
)


@dataclass(frozen=True, slots=True)
class Incident:
    """`fires`: labels of each alert that it raises, alertname included. `since_start`: a new service has it."""

    broken: Broken
    fires: Sequence[Mapping[str, str]]
    since_start: bool = False

    @property
    def name(self) -> str:
        return self.broken.__name__


def fires(alert: str, **labels: str) -> Mapping[str, str]:
    return {"alertname": alert, **labels}


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
    assert (searched.returncode, "facts_removed" in searched.stdout) == (0, True), searched


@asynccontextmanager
async def cubes_stop(service: Service) -> AsyncIterator[None]:
    await service.publish(SMS_DLR, event(events.report, "receivedAt", tenantId="tenant-a"))
    yield
    assert any(await service.look("AnlytCubeStale.md"))
    await service.follow("AnlytCubeStale.md")


@asynccontextmanager
async def postgres_is_away(service: Service) -> AsyncIterator[None]:
    async with service.requests():
        await service.stack.engines["postgres"].stop()
        await service.publish(BILLING_EVENTS, event(events.billing, "billedAt", status="BILLED"))
        yield
        checked = await service.sh(blocks("AnlytGaugesStale.md")[0])
        assert (checked.returncode, "PostgreSQL" in checked.stderr) == (1, True), checked
        await service.stack.engines["postgres"].start()
        await service.follow("AnlytPgErrors.md")
        ((role,),) = await service.look("AnlytPgErrors.md")
        assert role["is_replica"] is False
        await asyncio.sleep(PAUSE)


@asynccontextmanager
async def session_holds_a_lock(service: Service) -> AsyncIterator[None]:
    """Another session's lock stops ingest and makes reports slow, until the runbook's statement finds it."""
    blocker = await asyncpg.connect(service.postgres)
    await blocker.execute("begin; lock table anlyt.metrics_hourly in access exclusive mode")
    await service.publish(BILLING_EVENTS, event(events.billing, "billedAt", status="BILLED"))
    async with service.requests(at_once=6):
        yield
        waiting = (await service.look("AnlytConsumerLagHigh.md"))[0]
        (blocking,) = {pid for row in waiting for pid in row["blocked_by"]}
        assert "`select pg_terminate_backend(pid)`" in (RUNBOOKS / "AnlytConsumerLagHigh.md").read_text()
        await service.execute("select pg_terminate_backend($1)", blocking)
    await service.look("AnlytEngineSlow.md")
    await service.look("AnlytIngestLagHigh.md")
    await service.follow("AnlytEngineSlow.md")


@asynccontextmanager
async def caller_floods(service: Service) -> AsyncIterator[None]:
    async with service.requests(at_once=150, pause=0):
        yield
        await service.look("AnlytOverloaded.md")
    await service.follow("AnlytOverloaded.md")


@asynccontextmanager
async def postgres_is_slow(service: Service) -> AsyncIterator[None]:
    """Another session locks a table for most of each second, so that each report waits."""
    slow = asyncio.create_task(_slow(service))
    try:
        yield
        await service.look("AnlytApiLatencyHigh.md")
    finally:
        slow.cancel()
        await asyncio.wait([slow])


async def _slow(service: Service) -> None:
    blocker = await asyncpg.connect(service.postgres)
    try:
        async with httpx.AsyncClient(base_url=service.api, headers=ADMIN, timeout=PATIENCE) as client:
            while True:
                async with blocker.transaction():
                    await blocker.execute("lock table anlyt.metrics_hourly in access exclusive mode")
                    asked = [asyncio.create_task(client.get(f"{ANALYTICS}/summary")) for _ in range(6)]
                    await asyncio.sleep(0.75)
                await asyncio.gather(*asked)
    finally:
        await blocker.close()


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
async def ledger_is_not_dropped(service: Service) -> AsyncIterator[None]:
    """The ledger has a day that `maintenance` had to drop long ago."""
    old = (datetime.now(UTC) - timedelta(days=20)).date()
    async with open_pool(service.postgres, size=1) as pool:
        await Partitions(pool).ensure([old])
    await service.execute(
        "insert into anlyt.event_days (day, version, newest_claim_at) values ($1, 1, $1) on conflict (day) do nothing",
        old,
    )
    await service.execute(CLAIMS, datetime.combine(old, datetime.min.time(), UTC))
    yield
    (partitions,) = await service.look("AnlytProcessedEventsGrowth.md")
    assert f"processed_events_{old:%Y%m%d}" in {row["partition"] for row in partitions}
    await service.follow("AnlytProcessedEventsGrowth.md")


# Incidents of one group happen at the same time: none is the cause of another one's alerts.
GROUPS: Final[Sequence[Sequence[Incident]]] = (
    (
        Incident(rollup_never_ran, [fires("AnlytRollupFailed")], since_start=True),
        Incident(
            billing_differs,
            [fires("AnlytReconciliationDivergence"), fires("AnlytSloBurnFast", slo="exactness")],
        ),
        Incident(process_is_killed, [fires("AnlytTargetDown", job="anlyt-api")]),
        Incident(producer_sends_bad_events, [fires("AnlytDeserializationErrors", type="sms.dlr.inbound.v1")]),
        Incident(cubes_stop, [fires("AnlytCubeStale", cube="cube_dlr_hourly")]),
    ),
    (
        Incident(archive_never_ran, [fires("AnlytPipelineLate", pipeline="archive")], since_start=True),
        Incident(producer_sends_only_bad_events, [fires("AnlytDeadletterLimit", function="cdr_facts")]),
        Incident(producer_contradicts_itself, [fires("AnlytCopiesDiscarded", projection="facts_dlr")]),
    ),
    (
        Incident(
            postgres_is_away,
            [
                fires("AnlytPgErrors", op="report"),
                fires("AnlytPgErrors", op="commit"),
                fires("AnlytApiErrors", endpoint="summary"),
                fires("AnlytGaugesStale", part="ingest"),
                fires("AnlytGaugesStale", part="pipelines"),
                fires("AnlytSloBurnFast", slo="availability"),
                fires("AnlytSloBurnSlow", slo="availability"),
            ],
        ),
    ),
    (
        Incident(rollup_stops, [fires("AnlytRollupFailed")]),
        Incident(
            pipelines_stop,
            [fires("AnlytPipelineLate", pipeline="quality"), fires("AnlytPipelineLate", pipeline="maintenance")],
        ),
        Incident(closed_day_is_changed, [fires("AnlytIntegrityDiffers")]),
        Incident(ledger_is_not_dropped, [fires("AnlytProcessedEventsGrowth")]),
    ),
    (
        Incident(
            session_holds_a_lock,
            [
                fires("AnlytIngestLagHigh", function="billing_metrics"),
                fires("AnlytConsumerLagHigh", function="billing_metrics"),
                fires("AnlytEngineSlow", reason="postgres_slow"),
                fires("AnlytSloBurnFast", slo="freshness"),
            ],
        ),
    ),
    (Incident(caller_floods, [fires("AnlytOverloaded")]),),
    (
        Incident(
            postgres_is_slow,
            [fires("AnlytApiLatencyHigh", endpoint="summary"), fires("AnlytSloBurnFast", slo="latency")],
        ),
    ),
)
