"""The facts that reached us: a period's entry, over the Merkle tree of its facts by tenant and day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from infra.postgres import Connection
from infra.sql import statement
from pipelines.copies.removal import remove_copies_marked_in
from pipelines.copies.windows import windows
from pipelines.integrity.digests import Digest, Digester, FactRange, fact_hashes
from pipelines.stores import Stores
from pipelines.tlog.appending import append, lock
from pipelines.tlog.periods import Period, ranges
from schema.catalog.audit import AuditDataset
from schema.facts import FACTS_CDR, FACTS_COMPLIANCE, FactTable
from schema.instants import DAY, SECOND, instant, time_of
from schema.integrity import netstrings
from schema.streams import CDR_EVENTS, CDR_FACTS_DURABLE, COMPLIANCE_AUDIT, COMPLIANCE_DURABLE, Consumer
from schema.tlog.entries import Content, digest_of
from schema.tlog.merkle import Hash, root

SQL: Final = Path(__file__).parent / "sql"
ADD_PERIOD: Final = statement(SQL, "add_period")
ADD_ARRIVALS: Final = statement(SQL, "add_arrivals")
PERIOD_END: Final = statement(SQL, "period_end")


@dataclass(frozen=True, slots=True)
class LoggedFacts:
    """A table of facts whose arrivals are logged, and the consumer whose events they are."""

    dataset: AuditDataset
    table: FactTable
    consumer: Consumer

    @property
    def minutes(self) -> str:
        return statement(SQL, f"{self.dataset}_minutes")


LOGGED: Final = (
    LoggedFacts("compliance", FACTS_COMPLIANCE, Consumer(COMPLIANCE_AUDIT, COMPLIANCE_DURABLE)),
    LoggedFacts("cdr", FACTS_CDR, Consumer(CDR_EVENTS, CDR_FACTS_DURABLE)),
)


class DuePeriod(NamedTuple):
    """A period of a table of facts."""

    facts: LoggedFacts
    period: Period


class TenantDay(NamedTuple):
    """A tenant and a UTC day of event time."""

    tenant_id: str
    day: date


def leaf_hash(dataset: AuditDataset, period: Period, of: TenantDay, digest: Digest) -> Hash:
    """The hash of a leaf: a tenant's facts of a day that arrived in a period."""
    bounds = instant(period.stored_from), instant(period.stored_before)
    values = (dataset, *bounds, of.tenant_id, of.day, digest.facts, digest.digest.hex())
    return sha256(b"\0" + netstrings(*values)).digest()


async def log_period(stores: Stores, facts: LoggedFacts, period: Period) -> int:
    """Logs the facts of a period, in one transaction; returns their number.

    First removes facts that are copies of another tenant's: in the log, they would be evidence.
    """
    minutes = await _minutes(stores, facts, period)
    await remove_copies_marked_in(stores, windows((facts.table.name, time_of(minute)) for minute in minutes))
    arrived = await _arrived(stores, facts, period, minutes)
    async with stores.postgres.acquire() as connection, connection.transaction():
        await lock(connection)
        if await connection.fetchval(PERIOD_END, facts.dataset) in (None, period.stored_from):
            await _append(connection, facts.dataset, period, arrived)
    return sum(digest.facts for digest in arrived.values())


async def _minutes(stores: Stores, facts: LoggedFacts, period: Period) -> Sequence[int]:
    bounds = {"from": instant(period.stored_from), "before": instant(period.stored_before)}
    client = await stores.clickhouse.client()
    rows = (await client.query(facts.minutes, parameters=bounds)).result_rows
    return [minute * SECOND for (minute,) in rows]


async def _arrived(
    stores: Stores, facts: LoggedFacts, period: Period, minutes: Sequence[int]
) -> Mapping[TenantDay, Digest]:
    digester = Digester()
    bounds = instant(period.stored_from), instant(period.stored_before)
    for begin, end in ranges(minutes):
        day = time_of(begin - begin % DAY).date()
        within = FactRange(time_of(begin), time_of(end), *bounds)
        async for (tenant, _), hashes in fact_hashes(stores.clickhouse, facts.dataset, within):
            digester.add(TenantDay(tenant, day), hashes)
    return digester.digests


async def _append(
    connection: Connection, dataset: AuditDataset, period: Period, arrived: Mapping[TenantDay, Digest]
) -> None:
    leaves = sorted(arrived)
    tree = root([leaf_hash(dataset, period, each, arrived[each]) for each in leaves])
    count = sum(digest.facts for digest in arrived.values())
    bounds = instant(period.stored_from), instant(period.stored_before)
    digest = digest_of([dataset, *bounds, len(leaves), count, tree.hex()])
    subject = f"arrivals/{dataset}/{bounds[1]}"
    content = Content("arrivals", subject, None, period.stored_from.astimezone(UTC).date(), digest)
    entry = await append(connection, [content])
    await connection.execute(ADD_PERIOD, entry, dataset, *period, len(leaves), count, tree)
    columns = (
        [each.tenant_id for each in leaves],
        [each.day for each in leaves],
        [arrived[each].facts for each in leaves],
        [arrived[each].digest for each in leaves],
    )
    await connection.execute(ADD_ARRIVALS, entry, *columns)


async def logged_until(stores: Stores, facts: LoggedFacts) -> datetime | None:
    """Up to when periods reach; None while there is none."""
    until: datetime | None = await stores.postgres.fetchval(PERIOD_END, facts.dataset)
    return until
