import asyncio
import os
import pwd
import shutil
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from infra.embedded.engine import Engine, started
from infra.embedded.postgres import Postgres, binaries, postgres_server
from infra.embedded.process import Identity
from infra.errors import EngineFailedError

pytestmark = pytest.mark.anyio


async def _fetch(engine: Engine, sql: str) -> object:
    connection = await asyncpg.connect(engine.dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def _busy(engine: Engine) -> "asyncio.Task[object]":
    """Starts an endless statement, and returns when its backend runs."""
    busy = asyncio.create_task(_fetch(engine, "SELECT count(*) FROM generate_series(1, 1e12::bigint)"))
    while not await _fetch(
        engine, "SELECT true FROM pg_stat_activity WHERE query LIKE '%1e12%' AND pid <> pg_backend_pid()"
    ):
        pass
    return busy


@pytest.fixture(scope="module")
async def shipped(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    """A server as `anlyt dev` starts it; that of all other tests has a setting of its own."""
    async with postgres_server(tmp_path_factory.mktemp("postgres")) as engine:
        yield engine


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT current_setting('server_version_num')::int / 10000", 18),
        ("SELECT current_database()", "anlyt"),
        ("SELECT current_user::text", "anlyt"),
        ("SHOW listen_addresses", "127.0.0.1"),
        ("SHOW unix_socket_directories", ""),
        ("SHOW timezone", "UTC"),
        ("SHOW server_encoding", "UTF8"),
        ("SELECT datlocale FROM pg_database WHERE datname = current_database()", "C.UTF-8"),
        ("SELECT upper('é')", "É"),
        ("SHOW fsync", "on"),
        ("SHOW synchronous_commit", "on"),
        ("SHOW shared_buffers", "256MB"),
        ("SHOW jit", "off"),
        ("SHOW max_connections", "100"),
    ],
)
async def test_what_a_server_is_like(shipped: Engine, sql: str, value: object) -> None:
    assert await _fetch(shipped, sql) == value


async def test_rows_survive_a_kill_in_the_middle_of_work(tmp_path: Path) -> None:
    async with postgres_server(tmp_path) as engine:
        await _fetch(engine, "CREATE TABLE kept AS SELECT generate_series(1, 1000) n")
        busy = await _busy(engine)
        family = psutil.Process(engine.pid).children(recursive=True)
        await engine.kill()
        assert not any(process.is_running() for process in family)
        with pytest.raises((asyncpg.PostgresConnectionError, ConnectionError)):
            await busy
        # The stale file may name a pid that another process has now, as happens in containers.
        left = tmp_path / "data" / "postmaster.pid"
        left.write_text("\n".join([str(os.getppid()), *left.read_text().splitlines()[1:]]))
        await engine.start()
        assert await _fetch(engine, "SELECT count(*) FROM kept") == 1000


async def test_rows_survive_an_immediate_stop(tmp_path: Path) -> None:
    async with postgres_server(tmp_path) as engine:
        await _fetch(engine, "CREATE TABLE kept AS SELECT 1 n")
        busy = await _busy(engine)
        await engine.stop("immediate")
        with pytest.raises((asyncpg.PostgresError, ConnectionError)):
            await busy
        await engine.start()
        assert "database system was not properly shut down" in engine.log.read_text()
        assert await _fetch(engine, "SELECT count(*) FROM kept") == 1


async def test_a_clean_stop_ends_statements_and_needs_no_recovery(tmp_path: Path) -> None:
    async with postgres_server(tmp_path) as engine:
        busy = await _busy(engine)
        await engine.stop()
        with pytest.raises((asyncpg.PostgresError, ConnectionError)):
            await busy
        await engine.start()
        assert "not properly shut down" not in engine.log.read_text()


async def test_an_interrupted_initdb_is_done_again_and_a_folder_may_have_a_long_name(tmp_path: Path) -> None:
    folder = tmp_path / ("long " * 40)
    (folder / "data.new").mkdir(parents=True)
    (folder / "data.new" / "PG_VERSION").write_text("18")
    async with postgres_server(folder) as engine:
        assert await _fetch(engine, "SELECT 1") == 1


async def test_settings_of_the_caller_go_first(tmp_path: Path) -> None:
    async with postgres_server(tmp_path, settings={"shared_buffers": "16MB", "work_mem": "5MB"}) as engine:
        assert await _fetch(engine, "SHOW shared_buffers") == "16MB"
        assert await _fetch(engine, "SHOW work_mem") == "5MB"


async def test_a_wrong_setting_is_reported(tmp_path: Path) -> None:
    with pytest.raises(EngineFailedError, match='unrecognized configuration parameter "no_such"'):
        async with postgres_server(tmp_path, settings={"no_such": "1"}):
            pass


@pytest.mark.parametrize("identity", ["namespace", "nobody"])
async def test_root_may_run_all_of_it_below_a_closed_folder(tmp_path: Path, identity: Identity) -> None:
    """Tests both identities that root tries. Other users run the engine as themselves."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = binaries().parents[1]
    for folder in (package / "pginstall18", package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, closed / folder.relative_to(package.parent))
    copied = closed / binaries().relative_to(package.parent)
    recipe = Postgres(identities=(identity,), binaries=copied)
    async with started(recipe, closed / "postgres", 0) as engine:
        await _fetch(engine, "CREATE TABLE kept AS SELECT 1 n")
        await engine.kill()
        await engine.start()
        assert await _fetch(engine, "SELECT count(*) FROM kept") == 1
        server = psutil.Process(engine.pid)
        assert server.exe() == str(copied / "postgres")
        expected = pwd.getpwnam("nobody").pw_uid if identity == "nobody" and os.getuid() == 0 else os.getuid()
        assert set(server.uids()) == {expected}
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


async def test_root_tries_the_next_way_when_one_is_refused(tmp_path: Path) -> None:
    refused = Postgres(identities=("same", "namespace", "nobody"))
    async with started(refused, tmp_path, 0) as engine:
        assert await _fetch(engine, "SELECT 1") == 1


async def test_when_no_way_is_left_initdb_says_why(tmp_path: Path) -> None:
    (tmp_path / "initdb").write_text("#!/bin/sh\necho no luck; exit 1\n")
    (tmp_path / "initdb").chmod(0o755)
    with pytest.raises(EngineFailedError, match=r"initdb failed in .*\n  no luck"):
        async with started(Postgres(binaries=tmp_path), tmp_path / "postgres", 0):
            pass
