"""Claims of exports: one process at a time, and whoever was taken for dead changes nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from graph.audit.access import record
from graph.audit.exports.jobs import Export, Jobs, LostClaimError, add, unfinished
from graph.audit.exports.objects import Digest
from graph.audit.exports.request import ExportQuery
from graph.audit.exports.warehouse import Measured
from graph.audit.regulator import Regulator
from graph.audit.statements import Slice
from infra.postgres import Pool

pytestmark = pytest.mark.anyio

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
PARTS = [Slice(BEGIN, BEGIN + timedelta(days=1)), Slice(BEGIN + timedelta(days=1), BEGIN + timedelta(days=2))]
ASKED = ExportQuery("t-1", PARTS[0].from_, PARTS[-1].to, "cdr", None, None)
DIGEST = Digest(10, "00")
MEASURED = Measured(2, BEGIN, BEGIN, {"AFN": Decimal("12345678901234567890.123456"), "USD": Decimal(0)})
LONG, KEEP = timedelta(minutes=5), timedelta(days=1)


@asynccontextmanager
async def asked(jobs: Jobs, caller: str, count: int) -> AsyncIterator[list[UUID]]:
    """Some exports, which are gone with the body, as others' would be claimed by other tests."""
    ids = [uuid4() for _ in range(count)]
    for id_ in ids:
        async with jobs.transaction() as connection:
            access_id = await record(connection, Regulator(caller, "1", "2"), "r", "export", "t-1", {}, 0, 0)
            await add(connection, id_, access_id, caller, ASKED)
    yield ids
    async with jobs.transaction() as connection:
        assert await unfinished(connection, caller) <= count
        await connection.execute("delete from anlyt.audit_export_files")
        await connection.execute("delete from anlyt.audit_exports")


async def claimed(jobs: Jobs, most: int = 10) -> Export:
    job = await jobs.claim(most)
    assert job is not None
    return job


async def test_in_their_order_and_so_many_of_a_caller(pool: Pool) -> None:
    jobs = Jobs(pool, LONG)
    async with asked(jobs, "a", 3) as a, asked(jobs, "b", 1) as b:
        assert [(await claimed(jobs, 2)).id for _ in range(3)] == [*a[:2], *b]
        assert await jobs.claim(2) is None
        assert (await claimed(jobs, 3)).id == a[2]


async def test_one_taken_for_dead_changes_nothing(pool: Pool) -> None:
    dead, alive = Jobs(pool, timedelta()), Jobs(pool, LONG)
    async with asked(dead, "a", 1):
        old = await claimed(dead)
        await dead.plan(old, BEGIN, PARTS)
        new = await claimed(alive)
        assert (new.id, new.state, new.data_as_of) == (old.id, "running", BEGIN)
        assert new.planned_at is not None
        with pytest.raises(LostClaimError):
            await alive.plan(new, BEGIN, PARTS[:1])  # it is planned already
        for attempt in (
            dead.renew(old),
            dead.keep(old, 1, "old", DIGEST, MEASURED),
            dead.finish(old, "00", KEEP),
        ):
            with pytest.raises(LostClaimError):
                await attempt
        for harmless in (dead.put_back(old, "old", LONG), dead.fail(old, "old"), dead.let_go(old)):
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
        assert [(file.number, file.part) for file in files] == [(1, PARTS[0]), (2, PARTS[1])]
        assert files[1].written is not None
        assert (files[1].written.name, files[1].written.measured) == ("two", MEASURED)
        await alive.finish(new, "abc", KEEP)
        done = await alive.one(new.id, "a")
        assert done is not None
        assert (done.state, done.claim, done.manifest_sha256) == ("done", None, "abc")
        assert await alive.one(new.id, "b") is None
        assert await alive.claim(10) is None


async def test_what_is_cancelled_stays_so(pool: Pool) -> None:
    jobs = Jobs(pool, LONG)
    async with asked(jobs, "a", 1) as (id_,):
        job = await claimed(jobs)
        assert not await jobs.cancel(replace(job, caller="b"))
        assert await jobs.cancel(job)
        assert not await jobs.cancel(job)
        assert await jobs.unpurged() is None  # somebody may be writing a file of it
        with pytest.raises(LostClaimError):
            await jobs.renew(job)
        await jobs.put_back(job, None, timedelta())
        await jobs.let_go(job)
        assert await jobs.unpurged() == id_
        await jobs.mark_purged(id_)
        assert await jobs.unpurged() is None
        assert await jobs.claim(10) is None
        async with jobs.transaction() as connection:  # a statement of a client that left may have outlived that
            ended = "update anlyt.audit_exports set finished_at = finished_at - interval '20 minutes', "
            await connection.execute(f"{ended} purged_at = purged_at - interval '19 minutes'")
        assert await jobs.unpurged() == id_
        await jobs.mark_purged(id_)
        assert await jobs.unpurged() is None
