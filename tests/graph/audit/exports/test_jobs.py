"""Claims of exports: one process at a time holds one, and a process that lost it changes nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from graph.audit.access import record
from graph.audit.exports.jobs import AuditJobs, Export, add
from graph.audit.exports.request import ExportQuery
from graph.audit.exports.warehouse import Measured
from graph.audit.regulator import Regulator
from graph.audit.statements import TimeSlice
from graph.exports.jobs import LostClaimError
from graph.exports.objects import Digest
from infra.postgres import Pool

pytestmark = pytest.mark.anyio

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
SLICES = [TimeSlice(BEGIN, BEGIN + timedelta(days=1)), TimeSlice(BEGIN + timedelta(days=1), BEGIN + timedelta(days=2))]
QUERY = ExportQuery("t-1", SLICES[0].from_, SLICES[-1].to, "cdr", None, None)
DIGEST = Digest(10, "00")
MEASURED = Measured(2, BEGIN, BEGIN, {"AFN": Decimal("12345678901234567890.123456"), "USD": Decimal(0)})
LONG, KEEP = timedelta(minutes=5), timedelta(days=1)


@asynccontextmanager
async def queued(jobs: AuditJobs, caller: str, count: int) -> AsyncIterator[list[UUID]]:
    """Queued exports, which are deleted afterwards, so that no other test claims them."""
    ids = [uuid4() for _ in range(count)]
    for id_ in ids:
        async with jobs.transaction() as connection:
            access_id = await record(connection, Regulator(caller, "1", "2"), "r", "export", "t-1", {}, 0, 0)
            await add(connection, id_, access_id, caller, QUERY)
    yield ids
    async with jobs.transaction() as connection:
        assert await jobs.unfinished(connection, caller) <= count
        await connection.execute("delete from anlyt.audit_export_files")
        await connection.execute("delete from anlyt.audit_exports")


async def claimed(jobs: AuditJobs, max_running: int = 10) -> Export:
    job = await jobs.claim(max_running)
    assert job is not None
    return job


async def test_exports_are_claimed_in_order_and_limited_per_caller(pool: Pool) -> None:
    jobs = AuditJobs(pool, LONG)
    async with queued(jobs, "a", 3) as a, queued(jobs, "b", 1) as b:
        assert [(await claimed(jobs, 2)).id for _ in range(3)] == [*a[:2], *b]
        assert await jobs.claim(2) is None
        assert (await claimed(jobs, 3)).id == a[2]


async def test_a_process_that_lost_its_claim_changes_nothing(pool: Pool) -> None:
    dead, alive = AuditJobs(pool, timedelta()), AuditJobs(pool, LONG)
    async with queued(dead, "a", 1):
        old = await claimed(dead)
        await dead.plan(old, BEGIN, SLICES)
        new = await claimed(alive)
        assert (new.id, new.state, new.data_as_of) == (old.id, "running", BEGIN)
        assert new.planned_at is not None
        with pytest.raises(LostClaimError):
            await alive.plan(new, BEGIN, SLICES[:1])  # it is planned already
        for attempt in (
            dead.renew(old),
            dead.keep(old, 1, "old", DIGEST, MEASURED),
            dead.finish(old, "00", KEEP),
        ):
            with pytest.raises(LostClaimError):
                await attempt
        for harmless in (dead.requeue(old, "old", LONG), dead.fail(old, "old"), dead.release(old)):
            await harmless
        assert await alive.one(new.id, "a") == new
        await alive.renew(new)

        with pytest.raises(LostClaimError):
            await alive.finish(new, "00", KEEP)  # no file is written
        await alive.keep(new, 2, "two", DIGEST, MEASURED)
        with pytest.raises(LostClaimError):
            await alive.keep(new, 2, "twice", DIGEST, MEASURED)
        with pytest.raises(LostClaimError):
            await alive.finish(new, "00", KEEP)
        await alive.keep(new, 1, "one", DIGEST, replace(MEASURED, row_count=0, first_at=None, last_at=None, charges={}))
        files = await alive.files(new.id)
        assert [(file.number, file.time_slice) for file in files] == [(1, SLICES[0]), (2, SLICES[1])]
        assert files[1].written is not None
        assert (files[1].written.name, files[1].written.measured) == ("two", MEASURED)
        await alive.finish(new, "abc", KEEP)
        done = await alive.one(new.id, "a")
        assert done is not None
        assert (done.state, done.claim, done.manifest_sha256) == ("done", None, "abc")
        assert await alive.one(new.id, "b") is None
        assert await alive.claim(10) is None


async def test_a_cancelled_export_stays_cancelled(pool: Pool) -> None:
    jobs = AuditJobs(pool, LONG)
    async with queued(jobs, "a", 1) as (id_,):
        job = await claimed(jobs)
        assert await jobs.cancel(job)
        assert not await jobs.cancel(job)
        assert await jobs.unpurged() is None  # a process may still write one of its files
        with pytest.raises(LostClaimError):
            await jobs.renew(job)
        await jobs.requeue(job, None, timedelta())
        await jobs.release(job)
        assert await jobs.unpurged() == id_
        await jobs.mark_purged(id_)
        assert await jobs.unpurged() is None
        assert await jobs.claim(10) is None
        async with jobs.transaction() as connection:  # a statement may have outlived its client
            update = "update anlyt.audit_exports set finished_at = finished_at - interval '20 minutes', "
            await connection.execute(f"{update} purged_at = purged_at - interval '19 minutes'")
        assert await jobs.unpurged() == id_
        await jobs.mark_purged(id_)
        assert await jobs.unpurged() is None
