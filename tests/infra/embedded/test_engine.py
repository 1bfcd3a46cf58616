"""The life cycle that all engines share, tested with a small one: a Python script."""

import asyncio
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from infra.embedded.engine import Engine, claimed, started
from infra.embedded.ports import RANGE
from infra.embedded.process import Launch
from infra.embedded.recipe import EngineName, StopMode
from infra.errors import EngineFailedError, FolderInUseError

pytestmark = pytest.mark.anyio

SERVE = """
import pathlib, signal, socket, subprocess, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
pathlib.Path(sys.argv[1], "child").write_text(str(child.pid))
pathlib.Path(sys.argv[1], "ready").touch()
signal.sigwait([signal.SIGTERM])
print("bye")
"""


@dataclass(frozen=True)
class Script:
    """An engine that leaves a child process behind when it ends."""

    code: str = SERVE
    name: EngineName = "nats"
    address: str = "tcp://127.0.0.1:{port}"

    async def make(self, folder: Path, lock: int) -> None: ...

    def prepare(self, folder: Path, port: int) -> None:
        (folder / "ready").unlink(missing_ok=True)

    def launch(self, folder: Path, port: int) -> Launch:
        prelude = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"
        return Launch([sys.executable, "-c", prelude + self.code, folder, str(port)])

    def is_ready(self, folder: Path, pid: int) -> bool:
        return (folder / "ready").exists()

    async def settle(self, port: int) -> None: ...

    def stop_signal(self, mode: StopMode) -> signal.Signals:
        return signal.SIGTERM if mode == "clean" else signal.SIGQUIT


def _child(engine: Engine) -> int:
    return int((engine.folder / "child").read_text())


async def test_a_stop_leaves_nothing(tmp_path: Path) -> None:
    async with started(Script(), tmp_path, 0) as engine:
        assert engine.url == engine.dsn == f"tcp://127.0.0.1:{engine.port}"
        assert engine.running
        assert psutil.pid_exists(engine.pid)
    assert not engine.running
    assert not psutil.pid_exists(engine.pid)
    assert not psutil.pid_exists(_child(engine))
    assert engine.log.read_text() == "bye\n"


async def test_a_kill_leaves_nothing(tmp_path: Path) -> None:
    async with started(Script(), tmp_path, 0) as engine:
        await engine.kill()
        assert not psutil.pid_exists(engine.pid)
        assert not psutil.pid_exists(_child(engine))
        await engine.kill()
        await engine.stop()
    assert engine.log.read_text() == ""


async def test_a_restart_keeps_folder_and_port(tmp_path: Path) -> None:
    async with started(Script(), tmp_path, 0) as engine:
        pid, url = engine.pid, engine.url
        await engine.start()
        assert engine.pid == pid
        await engine.kill()
        await engine.start()
        assert engine.pid != pid
        assert (engine.url, engine.folder) == (url, tmp_path)
        await engine.stop("immediate")
        await engine.start()
        assert engine.running


async def test_an_exit_is_noticed_and_reported(tmp_path: Path) -> None:
    async with started(Script(), tmp_path, 0) as engine:
        exited = asyncio.create_task(engine.exited())
        await asyncio.sleep(0)
        os.kill(engine.pid, signal.SIGKILL)
        assert await exited == f"nats in {tmp_path} ended with SIGKILL."
        assert not psutil.pid_exists(_child(engine))
        await engine.start()
        await engine.stop()
        assert await engine.exited() == f"nats in {tmp_path} ended with exit status 0.\n  bye"


async def test_the_terminal_does_not_reach_an_engine(tmp_path: Path) -> None:
    async with started(Script(), tmp_path, 0) as engine:
        assert os.getsid(engine.pid) != os.getsid(0)


async def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    async with started(Script(), tmp_path, 0) as engine:
        with pytest.raises(FolderInUseError, match=rf"^The folder {tmp_path} is in use by process {os.getpid()}\.$"):
            async with started(Script(), tmp_path, 0):
                pass
        assert engine.running
    async with started(Script(), tmp_path, 0):
        pass


async def test_a_failed_start_reports_the_end_of_the_log(tmp_path: Path) -> None:
    failing = Script("import sys; print('first'); sys.exit('No such luck')")
    with pytest.raises(EngineFailedError) as failure:
        async with started(failing, tmp_path, 0):
            pass
    assert str(failure.value) == f"nats in {tmp_path} ended with exit status 1.\n  first\n  No such luck"


class Unsettled(Script):
    """An engine that is never of use, although it is ready."""

    async def settle(self, port: int) -> None:
        await asyncio.Event().wait()


async def test_an_exit_of_a_ready_engine_fails_its_start(tmp_path: Path) -> None:
    code = SERVE.replace("signal.sigwait([signal.SIGTERM])", 'sys.exit("no")')
    with pytest.raises(EngineFailedError, match="ended with exit status 1"):
        await started(Unsettled(code), tmp_path, 0).__aenter__()


async def test_a_failure_to_execute_is_reported(tmp_path: Path) -> None:
    class Missing(Script):
        def launch(self, folder: Path, port: int) -> Launch:
            return Launch([folder / "missing"])

    with pytest.raises(EngineFailedError, match=r"Cannot start .*/missing: .*No such file"):
        async with started(Missing(), tmp_path, 0):
            pass


async def test_only_the_log_of_this_start_is_reported(tmp_path: Path) -> None:
    async with claimed(Script("import sys; sys.exit('again')"), tmp_path, 0) as engine:
        for _ in range(2):
            with pytest.raises(EngineFailedError) as failure:
                await engine.start()
            assert str(failure.value).count("again") == 1


async def test_an_occupied_port_is_an_error_when_requested(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EngineFailedError, match="Address already in use"):
            async with started(Script(), tmp_path, port):
                pass


async def test_a_port_that_is_occupied_in_the_last_moment_is_replaced(tmp_path: Path) -> None:
    """The first two ports are occupied when the script starts."""
    loses_twice = f"""
import pathlib, sys
tries = pathlib.Path(sys.argv[1], "tries")
tries.open("a").write(sys.argv[2] + " ")
if len(tries.read_text().split()) < 3: sys.exit("Address already in use")
{SERVE}"""
    async with started(Script(loses_twice), tmp_path, 0) as engine:
        tries = (tmp_path / "tries").read_text().split()
        assert engine.port == int(tries[2])
        assert len(set(tries)) == 3


async def test_the_port_of_the_last_run_is_kept_while_it_is_free(tmp_path: Path) -> None:
    ports = []
    for _ in range(2):
        async with started(Script(), tmp_path, 0) as engine:
            ports.append(engine.port)
    with socket.create_server(("127.0.0.1", ports[0])):
        async with started(Script(), tmp_path, 0) as engine:
            ports.append(engine.port)
    async with started(Script(), tmp_path, 0) as engine:
        ports.append(engine.port)
    assert ports[0] == ports[1] != ports[2] == ports[3]


@pytest.mark.parametrize("written", ["", "many", "70000", "80", "\u0663"])
async def test_what_is_no_port_is_none(tmp_path: Path, written: str) -> None:
    (tmp_path / "port").write_text(written)
    async with started(Script(), tmp_path, 0) as engine:
        assert engine.port in RANGE


async def test_a_cancelled_start_leaves_nothing(tmp_path: Path) -> None:
    never_ready = "import time; time.sleep(1000)"
    async with claimed(Script(never_ready), tmp_path, 0) as engine:
        start = asyncio.create_task(engine.start())
        while not engine.running:
            await asyncio.sleep(0.01)
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
        assert not engine.running
        assert not psutil.pid_exists(engine.pid)


async def test_an_engine_that_was_never_started_has_no_pid(tmp_path: Path) -> None:
    async with claimed(Script(), tmp_path, 0) as engine:
        assert not engine.running
        with pytest.raises(EngineFailedError, match="was not started"):
            _ = engine.pid
