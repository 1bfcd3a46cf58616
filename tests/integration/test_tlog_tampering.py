"""Each of 100 random changes in either store is found, and named by day and tenant."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta
from random import Random
from typing import Any

import pytest

from infra.clickhouse import connect
from infra.embedded.engine import Engine
from pipelines.integrity import datasets, verification
from pipelines.integrity.days import DAY
from pipelines.stores import Stores
from pipelines.tlog import datasets as log_datasets
from pipelines.tlog.checkpoints import signers
from pipelines.tlog.sources import closed_until
from pipelines.tlog.verification import arrival_differences, differences_seen_by, log_differences
from tests.support import audit_facts, tampering
from tests.support.audit_facts import Fact
from tests.support.integrity_chain import close_days, day_facts, midnight
from tests.support.tlog import DATASETS, add_accesses, add_rows, open_log, recent, run_log, write

pytestmark = pytest.mark.anyio

IN_ROWS, IN_FACTS = 70, 30
FIRST = midnight(5)
DAYS = [(FIRST + number * DAY).date() for number in range(5)]


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts count at once, because all clocks agree here."""
    for module in (datasets, log_datasets):
        monkeypatch.setattr(module, "SETTLING", timedelta(0))


async def test_each_of_100_random_changes_is_named(database: str, warehouse: str, server: Engine, seed: int) -> None:
    random = Random(seed)
    async with open_log(database, warehouse, server.url) as stores:
        facts = await fill(stores, random)
        assert await all_differences(stores) == []
        missed = [line for _ in range(IN_ROWS) if (line := await missed_in_rows(stores, random))]
        for dataset in DATASETS:
            await keep(stores, dataset)
        for _ in range(IN_FACTS):
            dataset = random.choice(DATASETS)
            missed += await missed_in_facts(stores, random, dataset, random.choice(facts[dataset]))
        for dataset in DATASETS:
            await run(stores, f"drop table anlyt.kept_{dataset} sync", f"drop table anlyt.forged_{dataset} sync")
        assert await all_differences(stores) == []
    assert not missed, "\n".join([f"seed {seed}", *missed])


async def fill(stores: Stores, random: Random) -> dict[str, list[Fact]]:
    """Something of every kind, in a log of more than a tile."""
    facts: dict[str, list[Fact]] = {}
    for dataset in DATASETS:
        made: list[Fact] = [fact for number in range(3) for fact in day_facts(random, FIRST + number * DAY, 20)]
        if dataset == "cdr":
            made = [{**audit_facts.record(random, fact["at"]), "stored": fact["stored"]} for fact in made]
        facts[dataset] = recent(made, timedelta(minutes=30))
        await write(stores, dataset, facts[dataset])
    for number in range(1, 50):
        await add_rows(stores, number)
    await add_accesses(stores, 40)
    await stores.postgres.execute(
        "insert into anlyt.costs_daily (day_bucket, scope, scope_id, currency, total_cost) "
        "select day_bucket, scope, scope_id, 'EUR', 1 from anlyt.metrics_daily"
    )
    await run_log(stores)
    await close_days(stores)
    await run_log(stores)
    return facts


async def all_differences(stores: Stores) -> Sequence[str]:
    found = [str(difference) async for difference in log_differences(stores)]
    found += [str(difference) for day in DAYS for difference in await arrival_differences(stores, day)]
    return found


async def missed_in_rows(stores: Stores, random: Random) -> str:
    """Changes rows of PostgreSQL in a transaction that is rolled back. The change, unless it was found and named."""
    keys = [signer.verifier for signer in await signers(stores)]
    async with stores.postgres.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("set local session_replication_role = replica")
        change = await tampering.change(connection, random)
        await connection.execute(change.sql)
        inside = replace(stores, postgres=connection)  # type: ignore[arg-type]  # it reads as a pool does
        whole = await verification.read_chain(inside)
        found: list[Any] = [each async for each in differences_seen_by(connection, keys, closed_until(stores))]
        found += whole.differences(None)
        found += [each async for some in verification.verified(inside, whole, DAYS[:4]) for each in some]
        await transaction.rollback()
    lines = list(map(str, found))
    return "" if is_named(lines, change.day, change.tenant_id) else f"{change}: {lines}"


def is_named(lines: Sequence[str], day: date | None, tenant_id: str | None) -> bool:
    """Whether one of the lines names this day and tenant."""
    tenant = "" if tenant_id is None else f"of tenant {tenant_id}"
    return any(line.startswith(str(day or "")) and tenant in line for line in lines)


async def keep(stores: Stores, dataset: str) -> None:
    """Keeps the facts of a dataset, so that changed days can be restored."""
    table = f"facts_{dataset}"
    copies = [f"create table anlyt.{name}_{dataset} as anlyt.{table}" for name in ("kept", "forged")]
    await run(stores, *copies, f"insert into anlyt.kept_{dataset} select * from anlyt.{table} final")


async def missed_in_facts(stores: Stores, random: Random, dataset: str, fact: Fact) -> list[str]:
    """Changes, drops or adds a fact of ClickHouse, and restores its day. The change, unless it was found and named."""
    partition, key = f"{fact['at']:%Y%m%d}", fact["key"]
    kept, table = f"anlyt.kept_{dataset}", f"anlyt.facts_{dataset}"
    kind = random.choice(["change", "change", "drop", "add", "clock"])
    column = random.choice(sorted(tampering.COLUMNS[dataset]))
    value = tampering.COLUMNS[dataset][column]
    selected = {
        "change": f"select * replace (if(event_key = {key}, {value}, {column}) as {column}) from {kept} where 1",
        "drop": f"select * from {kept} where event_key != {key}",
        "add": f"select * from {kept} where 1 and toYYYYMMDD(event_time) = {partition} union all "
        f"select * replace (event_key + 1 as event_key) from (select * from {kept} where event_key = {key}) where 1",
        "clock": f"select * replace (if(event_key = {key}, ver + 1000000000, ver) as ver) from {kept} where 1",
    }
    await run(
        stores,
        f"truncate table anlyt.forged_{dataset}",
        f"insert into anlyt.forged_{dataset} {selected[kind]} and toYYYYMMDD(event_time) = {partition}",
        f"alter table {table} replace partition '{partition}' from anlyt.forged_{dataset}",
    )
    day = fact["at"].astimezone(UTC).date()
    lines = [str(difference) for difference in await arrival_differences(stores, day)]
    await run(stores, f"alter table {table} replace partition '{partition}' from {kept}")
    of_dataset = [line for line in lines if f"({dataset})" in line]
    return [] if is_named(of_dataset, day, fact["tenantId"]) else [f"{kind} {column} {fact}: {lines}"]


async def run(stores: Stores, *statements: str) -> None:
    async with connect(stores.engines.clickhouse) as client:
        for each in statements:
            await client.command(each)
