"""The checks of `anlyt dev` before it starts."""

import os
import socket
from pathlib import Path

import pytest

from commands.support import space
from commands.support.preflight import check, make_home
from infra.embedded.engine import claimed
from infra.embedded.nats import Nats
from infra.errors import EngineFailedError, FolderInUseError, UsageError
from infra.settings import Settings, read_settings

pytestmark = pytest.mark.anyio


def settings(home: Path, **more: str) -> Settings:
    ports = dict.fromkeys(("ANLYT_API_PORT", "ANLYT_METRICS_PORT"), "0")
    return read_settings({**ports, "ANLYT_HOME": str(home), **more})


async def test_a_machine_that_has_it_all(tmp_path: Path) -> None:
    await check(settings(tmp_path / "new" / "home"), with_demo=True)
    assert (tmp_path / "new" / "home").is_dir()


@pytest.mark.parametrize("name", ["ANLYT_API_PORT", "ANLYT_METRICS_PORT"])
async def test_an_occupied_port(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        port = occupied.getsockname()[1]
        with pytest.raises(
            UsageError, match=rf"^{name}: port {port} of 127\.0\.0\.1 is in use\. Stop .*{name} to another"
        ):
            await check(settings(tmp_path, **{name: str(port)}), with_demo=False)


async def test_a_port_given_twice(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as freed:
        port = str(freed.getsockname()[1])
    with pytest.raises(UsageError, match=f"ANLYT_METRICS_PORT: port {port} of 127"):
        await check(settings(tmp_path, ANLYT_API_PORT=port, ANLYT_METRICS_PORT=port), with_demo=False)


async def test_an_address_of_another_machine(tmp_path: Path) -> None:
    elsewhere = settings(tmp_path, ANLYT_API_HOST="192.0.2.1", ANLYT_TRUST_NETWORK="1")
    with pytest.raises(UsageError, match=r"^ANLYT_API_HOST: nothing can listen on 192\.0\.2\.1 \(.*\)\. Set it to"):
        await check(elsewhere, with_demo=False)


@pytest.mark.parametrize(
    ("home", "sentence"),
    [
        ("/proc", "/proc is not a writable folder"),
        ("/dev/null/home", "/dev/null/home is not a writable folder"),
        ("\udcff", "ANLYT_HOME must be a path in UTF-8"),
        ("x/" * 600, "ANLYT_HOME is [0-9]+ bytes long as an absolute path; PostgreSQL allows 900"),
    ],
)
def test_a_home_that_engines_cannot_have(home: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        make_home(Path(home))


def test_a_home_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    make_home(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(
        UsageError, match=r"belongs to \w+\. Run anlyt as that user, or set ANLYT_HOME to another folder"
    ):
        make_home(tmp_path)


async def test_a_home_in_use(tmp_path: Path) -> None:
    async with claimed(Nats(), tmp_path / "nats", 0):
        with pytest.raises(FolderInUseError, match=rf"in use by process {os.getpid()}\. Stop it, or set ANLYT_HOME"):
            await check(settings(tmp_path), with_demo=False)


async def test_a_disk_without_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's history needs space once; engines elsewhere need none."""
    monkeypatch.setattr(space, "WEEK", 1 << 60)
    with pytest.raises(
        space.FullDiskError, match=rf"^The disk of {tmp_path} is full: [0-9,]+ MB are free, .* MB are needed"
    ):
        await check(settings(tmp_path), with_demo=True)
    await check(settings(tmp_path), with_demo=False)
    (tmp_path / "demo-history-told").touch()
    await check(settings(tmp_path), with_demo=True)
    monkeypatch.setattr(space, "FRESH", 1 << 60)
    elsewhere = {
        "ANLYT_NATS_URL": "nats://127.0.0.1:1",
        "ANLYT_POSTGRES_DSN": "postgresql://127.0.0.1:1/none",
        "ANLYT_CLICKHOUSE_DSN": "http://127.0.0.1:1/anlyt",
    }
    await check(settings(tmp_path, **elsewhere), with_demo=True)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (EngineFailedError("initdb failed.\n  could not write: No space left on device"), space.FullDiskError),
        (EngineFailedError("postgres ended with SIGKILL."), EngineFailedError),
    ],
)
async def test_an_engine_that_fails_because_the_disk_is_full(
    tmp_path: Path, error: Exception, expected: type[Exception]
) -> None:
    with pytest.RaisesGroup(expected) if expected is EngineFailedError else pytest.raises(expected):
        async with space.watch_space(tmp_path):
            raise error
