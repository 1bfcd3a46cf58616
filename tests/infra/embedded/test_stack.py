import os
import re
from pathlib import Path

import asyncpg
import nats as nats_client
import pytest
from clickhouse_connect.driver import create_async_client

from infra.embedded.engine import claimed
from infra.embedded.nats import Nats
from infra.embedded.s3 import s3_server
from infra.embedded.stack import Urls, stack
from infra.errors import EngineFailedError, FolderInUseError
from infra.s3 import from_dsn

pytestmark = pytest.mark.anyio


async def test_all_three_run_and_say_where(tmp_path: Path) -> None:
    async with stack(tmp_path) as running:
        urls = running.urls
        assert urls.nats is not None
        assert urls.postgres is not None
        assert urls.clickhouse is not None
        async with await nats_client.connect(urls.nats) as connection:
            assert connection.is_connected
        database = await asyncpg.connect(urls.postgres)
        assert await database.fetchval("SELECT current_database()") == "anlyt"
        await database.close()
        async with await create_async_client(dsn=urls.clickhouse) as client:
            assert await client.command("SELECT currentDatabase()") == "anlyt"
        folders = {name: engine.folder for name, engine in running.engines.items()}
        assert folders == {name: tmp_path / name for name in ("nats", "postgres", "clickhouse")}
    assert not any(engine.running for engine in running.engines.values())


HOMES = ("homé", "with space", "emoji 😀", "quo'te\"d", "back\\slash", "$HOME `id`", "a?b#c%41", "new\nline", "ctl\x01")


async def check_home(home: Path) -> None:
    """Checks that each engine has stored its data in `home`."""
    async with s3_server(home / "s3") as bucket, stack(home, s3=from_dsn(bucket.url)) as running:
        urls = running.urls
        async with await nats_client.connect(str(urls.nats)) as connection:
            await connection.jetstream().add_stream(name="KEPT", subjects=["kept"])
        async with await create_async_client(dsn=urls.clickhouse) as client:
            await client.command("CREATE TABLE kept (a UInt8) ENGINE MergeTree ORDER BY a")
        database = await asyncpg.connect(urls.postgres)
        await database.execute("CREATE TABLE kept (a int)")
        await database.close()
    assert (home / "nats" / "jetstream" / "$G" / "streams" / "KEPT").is_dir()


@pytest.mark.parametrize("name", HOMES, ids=ascii)
async def test_homes_of_any_name(tmp_path: Path, name: str) -> None:
    await check_home(tmp_path / name)


async def test_a_home_that_is_long_or_a_link_or_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / "/".join(["x" * 180] * 4)
    long.mkdir(parents=True)
    (tmp_path / "link").symlink_to(long)
    monkeypatch.chdir(tmp_path)
    await check_home(Path("link"))
    assert (long / "postgres" / "data").is_dir()


async def test_engines_can_be_left_out(tmp_path: Path) -> None:
    async with stack(tmp_path, frozenset({"nats"})) as running:
        assert running.urls == Urls(running.engines["nats"].url, None, None)
    async with stack(tmp_path, frozenset()) as running:
        assert running.urls == Urls(None, None, None)


async def test_a_folder_in_use_is_reported_before_any_engine_starts(tmp_path: Path) -> None:
    async with claimed(Nats(), tmp_path / "nats", 0):
        sentence = re.escape(f"The folder {tmp_path / 'nats'} is in use by process {os.getpid()}.")
        with pytest.raises(FolderInUseError, match=f"^{sentence}$"):
            async with stack(tmp_path):
                pass
    assert not (tmp_path / "postgres" / "data").exists()


async def test_when_one_fails_the_others_are_stopped(tmp_path: Path) -> None:
    (tmp_path / "nats").mkdir()
    (tmp_path / "nats" / "jetstream").write_text("not a folder")
    with pytest.raises(EngineFailedError, match=r"^nats in .* ended with exit status 1"):
        async with stack(tmp_path, frozenset({"nats", "postgres"})):
            pass
    assert "database system is shut down" in (tmp_path / "postgres" / "engine.log").read_text()
