"""A platform whose transparency log has something of every kind, and the log's rows."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from nats.js.api import AckPolicy, ConsumerConfig

from infra.clickhouse import connect
from pipelines import runs
from pipelines.definition import Counts
from pipelines.integrity.days import DAY
from pipelines.stores import Stores
from pipelines.tlog.verification import arrival_differences, log_differences
from schema.instants import instant
from schema.streams import CDR_EVENTS, CDR_FACTS_DURABLE, COMPLIANCE_AUDIT, COMPLIANCE_DURABLE
from tests.support import audit_facts
from tests.support.audit_facts import Fact
from tests.support.pipelines import stores_of
from tests.support.platform import open_platform

DATASETS = ("compliance", "cdr")
# The names of what a fact's hash covers, by whether it is a compliance fact.
OWN = {
    True: ("verdict", "evaluationId", "messageId", "ruleSetId", "ruleSetVersion", "evaluationLatencyMs"),
    False: ("operatorId", "direction", "destinationPrefix", "status", "cdrId", "messageId", "segmentCount"),
}


@asynccontextmanager
async def open_log(database: str, warehouse: str, nats: str) -> AsyncIterator[Stores]:
    """Yields stores, and adds the durable consumers of both streams, which have read everything."""
    async with open_platform(nats) as bus, stores_of(database, warehouse, nats) as stores:
        for stream, durable in ((COMPLIANCE_AUDIT, COMPLIANCE_DURABLE), (CDR_EVENTS, CDR_FACTS_DURABLE)):
            config = ConsumerConfig(durable_name=durable, ack_policy=AckPolicy.EXPLICIT)
            await bus.jetstream.add_consumer(stream.name, config)
        yield stores


async def write(stores: Stores, dataset: str, facts: Sequence[Fact]) -> None:
    async with connect(stores.engines.clickhouse) as client:
        await audit_facts.write(client, dataset, facts)


async def run_log(stores: Stores) -> Counts:
    """Runs the pipeline `tlog` once; returns its counts."""
    return await runs.run(stores, "tlog")


async def differences(stores: Stores, days: Sequence[date]) -> list[str]:
    """What verification finds in the log, and in the facts of these days; one line each."""
    found = [str(difference) async for difference in log_differences(stores)]
    return found + [str(difference) for day in days for difference in await arrival_differences(stores, day)]


async def add_rows(stores: Stores, number: int) -> None:
    """Adds an access, an export of each kind, a result of reconciliation, and the totals of a closed day."""
    access = await stores.postgres.fetchval(
        "insert into anlyt.audit_access_log (caller, certificate_serial, certificate_sha256, request_id, operation, "
        "tenant_id, request, rows_before, row_count) values ('r', 'a1', 'b2', $1, 'query', 't-1', $2, 0, 7) "
        "returning access_id",
        f"request-{number}",
        json.dumps({"limit": number, "tenantId": "t-1"}),
    )
    export, manifest = str(UUID(int=number)), sha256(f"manifest {number}".encode()).hexdigest()
    await stores.postgres.execute(
        "insert into anlyt.audit_exports (export_id, access_id, caller, dataset, tenant_id, from_time, to_time, state, "
        "finished_at, expires_at, manifest_sha256) "
        "values ($1::text::uuid, $2, 'r', 'cdr', 't-1', now(), now(), 'done', now(), now(), $3)",
        export,
        access,
        manifest,
    )
    await stores.postgres.execute(
        "insert into anlyt.query_exports (export_id, role, tenant_id, caller, request, requested_at, state, "
        "finished_at, expires_at, about, manifest_sha256) "
        "values ($1::text::uuid, 'customer', 't-1', 'c', '{}', now(), 'done', now(), now(), '{}', $2)",
        export,
        manifest,
    )
    await stores.postgres.execute(
        "insert into anlyt.reconciliation_log (run_id, day, currency, ours, theirs, difference, divergence, status) "
        "values ($1, $2, 'USD', 10.5, 10.5, 0, 0, 'OK')",
        number,
        datetime.now(UTC).date() - DAY * 3,
    )
    await add_totals(stores, datetime.now(UTC).date() - DAY * (3 + number))


async def add_accesses(stores: Stores, count: int) -> None:
    await stores.postgres.execute(
        "insert into anlyt.audit_access_log (caller, certificate_serial, certificate_sha256, request_id, operation, "
        "tenant_id, request, rows_before, row_count) "
        "select 'r', 'a1', 'b2', number::text, 'query', 't-2', '{\"a\": 1}', 0, 7 "
        "from generate_series(1, $1) as number",
        count,
    )


async def add_totals(stores: Stores, day: date) -> None:
    """Adds a message to the totals of a day, as the rollup writes them; the day gets a new version."""
    async with stores.postgres.acquire() as connection, connection.transaction():
        await connection.execute(
            "insert into anlyt.metrics_daily (day_bucket, scope, scope_id, total_messages, delivered_messages, "
            "failed_messages, pending_messages, segments, total_cost, latency_sum_ms, latency_sample_count, peak_tps, "
            "latency_bins, latency_counts) select $1, scope, scope_id, 1, 1, 0, 0, 1, 0.5, 0, 0, 1, '{}', '{}' "
            "from (values ('PLATFORM', '*'), ('ACCOUNT', 'a-1')) as subject (scope, scope_id) "
            "on conflict (scope, scope_id, day_bucket) do update set total_messages = metrics_daily.total_messages + 1",
            day,
        )
        await connection.execute(
            "insert into anlyt.event_days as days (day, version, rolled_version) values ($1, 1, 1) "
            "on conflict (day) do update set version = days.version + 1, rolled_version = days.version + 1",
            day,
        )


def arrived(facts: Sequence[Fact], stored_from: datetime, stored_before: datetime) -> dict[tuple[str, date], Any]:
    """The reference: count and digest of facts that were stored in a period, by tenant and day."""
    found: dict[tuple[str, date], list[bytes]] = {}
    for fact in sorted(facts, key=lambda fact: (fact["at"], fact["key"])):
        if stored_from <= fact["stored"] < stored_before:
            found.setdefault((fact["tenantId"], fact["at"].date()), []).append(fact_hash(fact))
    return {key: (len(hashes), sha256(b"".join(hashes)).digest()) for key, hashes in found.items()}


def fact_hash(fact: Fact) -> bytes:
    """The reference: the hash of a fact of either dataset."""
    values = [instant(fact["at"]), instant(fact["stored"])]
    values += [fact[name] for name in ("tenantId", "accountId", "mno", "lane", *OWN["verdict" in fact])]
    if "verdict" in fact:
        values += [value for finding in fact["findings"] for value in finding.values()]
    else:
        values += [int(fact["chargeAmount"].scaleb(6)), fact["currency"]]
    return sha256(b"".join(f"{len(text.encode())}:{text},".encode() for text in map(str, values))).digest()


def recent(facts: Sequence[Fact], ago: timedelta) -> list[Fact]:
    """The facts as if the stream had stored all of them a while ago."""
    return [{**fact, "stored": datetime.now(UTC) - ago} for fact in facts]
