"""No migration since the last release keeps others waiting for a table while it does what takes long.

A step waits for its locks for half a second at most (infra/migrate.py). For how long others then wait depends on what
it does: changes of the catalogue take milliseconds, but to read or rewrite a table takes as long as the table is large.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Final

import asyncpg
import pytest

from infra.embedded.engine import Engine
from infra.migrate import PostgresLedger, steps
from infra.postgres import Connection
from tests.support.last_release import released_steps

pytestmark = pytest.mark.anyio

# Tables with so few rows that they are read and written in milliseconds.
SMALL: Final = {"sources"}  # a row per function
PARTITIONED: Final = ("processed_events", "metrics_hourly", "costs_hourly")
PARTITION: Final = "select anlyt.ensure_partition($1, '2026-11-01', '2026-12-01')"
# The files of the tables, and how often this session began to read each: numbers of which the change matters.
STATE: Final = """
select oid, pg_relation_filenode(oid) as file, pg_stat_get_xact_numscans(oid) as scans from pg_class
where relnamespace = 'anlyt'::regnamespace and relkind in ('r', 'p')
"""
# The tables that this transaction keeps from readers or writers.
LOCKED: Final = """
select distinct relation as oid, relname from pg_locks join pg_class on pg_class.oid = relation
where pid = pg_backend_pid() and relkind in ('r', 'p')
    and mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""
SLOW: Final = (
    "alter table anlyt.accounts alter column account_id type varchar(100)",
    "alter table anlyt.metrics_hourly add column drawn float default random()",
    "alter table anlyt.metrics_hourly add check (segments > -10)",
    "create index on anlyt.accounts (account_id)",
    "lock table anlyt.event_days in exclusive mode; update anlyt.event_days set version = version + 1",
)


@pytest.fixture
async def released(postgres: Engine) -> AsyncIterator[Connection]:
    """A database with the tables of the last release, and a partition of each that has them."""
    admin = await asyncpg.connect(postgres.dsn)
    await admin.execute("create database migration_locks")
    connection = await asyncpg.connect(f"{postgres.dsn.rpartition('/')[0]}/migration_locks")
    ledger, names = PostgresLedger(connection), released_steps()
    for step in await steps(ledger, "postgres"):
        if step.name in names:
            await ledger.apply(step)
    for table in PARTITIONED:
        await connection.execute(PARTITION, table)
    yield connection
    await connection.close()
    await admin.execute("drop database migration_locks with (force)")
    await admin.close()


async def slow_locks(connection: Connection, sql: str, small: Collection[str] = ()) -> Sequence[str]:
    """The tables that a step reads or rewrites while others wait for them. Runs it in the caller's transaction."""
    before = await _state(connection)
    await connection.execute(sql)
    after = await _state(connection)
    locked = {row["oid"]: row["relname"] for row in await connection.fetch(LOCKED)}
    changed = [oid for oid, state in before.items() if oid in locked and after.get(oid) != state]
    return [locked[oid] for oid in changed if locked[oid] not in small]


async def _state(connection: Connection) -> Mapping[int, tuple[int, int]]:
    return {row["oid"]: (row["file"], row["scans"]) for row in await connection.fetch(STATE)}


async def test_no_step_reads_or_rewrites_a_table_that_it_locks(released: Connection) -> None:
    new = [step for step in await steps(PostgresLedger(released), "postgres") if not step.applied]
    for step in new:
        async with released.transaction():
            assert (step.name, await slow_locks(released, step.sql, SMALL)) == (step.name, [])


@pytest.mark.parametrize("sql", SLOW)
async def test_a_step_that_does_is_found(released: Connection, sql: str) -> None:
    transaction = released.transaction()
    await transaction.start()
    assert await slow_locks(released, sql) != []
    await transaction.rollback()
