"""However the owner ends, its engines end, too, and the next owner continues with their data."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from infra.embedded.recipe import EngineName
from infra.embedded.stack import stack

pytestmark = pytest.mark.anyio

# A forked child without an exec has a copy of each descriptor.
FORK = "if not os.fork(): __import__('time').sleep(1000)"

# Prints the engines' pids when all of them are busy.
OWNER = """
import asyncio, json, os, pathlib, sys
import asyncpg
from clickhouse_connect.driver import create_async_client
from infra.embedded.stack import stack

async def main(folder, only):
    async with stack(pathlib.Path(folder), frozenset(only)) as running:
        pool = await asyncpg.create_pool(running.urls.postgres)
        await pool.execute("CREATE TABLE kept AS SELECT 1 n")
        work = [asyncio.create_task(pool.fetchval("SELECT count(*) FROM generate_series(1, 1e12::bigint)"))]
        while await pool.fetchval("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%1e12%'") < 2: pass
        if running.urls.clickhouse:
            client = await create_async_client(dsn=running.urls.clickhouse)
            work += [asyncio.create_task(client.query("SELECT count() FROM numbers(1000000000000)"))]
            while await client.command("SELECT count() FROM system.processes") < 2: pass
        FORK
        print(json.dumps([engine.pid for engine in running.engines.values()]), flush=True)
        await asyncio.gather(*work)

asyncio.run(main(sys.argv[1], sys.argv[2:]))
"""


@asynccontextmanager
async def _owner(
    folder: Path, *only: EngineName, fork: bool = False
) -> AsyncIterator[tuple[int, list[psutil.Process]]]:
    """Another process that owns engines. Yields its pid and all processes of its engines, backends included."""
    code = OWNER.replace("FORK", FORK if fork else "")
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, folder, *only, stdout=PIPE, start_new_session=True
    )
    assert owner.stdout is not None
    try:
        engines = [psutil.Process(pid) for pid in json.loads(await owner.stdout.readline())]
        yield owner.pid, [child for engine in engines for child in [engine, *engine.children(recursive=True)]]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(owner.pid, signal.SIGKILL)
        await owner.communicate()


async def _until_gone(processes: list[psutil.Process]) -> None:
    while any(_lives(process) for process in processes):
        await asyncio.sleep(0.02)


def _lives(process: psutil.Process) -> bool:
    """Whether the process runs. A zombie that init has not reaped yet does not count."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_engines_end_with_a_killed_owner(tmp_path: Path) -> None:
    async with _owner(tmp_path, "nats", "postgres", "clickhouse") as (owner, family):
        os.kill(owner, signal.SIGKILL)
        # Immediately: the next owner waits for remaining processes of the last one.
        async with stack(tmp_path, frozenset({"postgres"})) as running:
            assert running.urls.postgres is not None
            connection = await asyncpg.connect(running.urls.postgres)
            assert await connection.fetchval("SELECT n FROM kept") == 1
            await connection.close()
        await _until_gone(family)


async def test_engines_end_although_a_fork_of_the_owner_lives(tmp_path: Path) -> None:
    async with _owner(tmp_path, "nats", "postgres", fork=True) as (owner, family):
        [fork] = [child for child in psutil.Process(owner).children() if child.cmdline()[1] == "-c"]
        os.kill(owner, signal.SIGKILL)
        await _until_gone(family)
        assert fork.is_running()


async def test_engines_end_with_a_killed_keeper(tmp_path: Path) -> None:
    async with stack(tmp_path, frozenset({"nats", "postgres"})) as running:
        for engine in running.engines.values():
            family = [psutil.Process(engine.pid), *psutil.Process(engine.pid).children(recursive=True)]
            keeper = psutil.Process(engine.pid).parent()
            assert keeper is not None
            keeper.kill()
            assert "ended with SIGKILL" in await engine.exited()
            await _until_gone(family)


async def test_an_interrupt_from_the_terminal_reaches_only_the_owner(tmp_path: Path) -> None:
    """The owner then stops its engines in order."""
    async with _owner(tmp_path, "nats", "postgres", "clickhouse") as (owner, family):
        os.killpg(owner, signal.SIGINT)
        await _until_gone(family)
    for name, words in {"nats": "Server Exiting", "postgres": "received fast shutdown request"}.items():
        assert words in (tmp_path / name / "engine.log").read_text()
