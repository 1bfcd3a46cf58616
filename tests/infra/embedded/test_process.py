import asyncio
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import uvloop

from infra.embedded import process
from infra.embedded.process import Launch

SLEEP = "import time; time.sleep(1000)"
LOOPS = [asyncio.run, uvloop.run]


async def _run(code: str, log: Path, *numbers: signal.Signals) -> tuple[int, int]:
    """The pid and exit status of a script to which the signals `numbers` are sent after its first output."""
    running = await process.start(Launch([sys.executable, "-uc", code]), log)
    printed = log.read_text
    while running.running and not printed():
        await asyncio.sleep(0.01)
    for number in numbers:
        running.signal(number)
    return running.pid, await running.ended()


@pytest.mark.parametrize("run", LOOPS)
@pytest.mark.parametrize("thread", [False, True])
def test_in_any_loop_and_any_thread(tmp_path: Path, run: Callable[..., tuple[int, int]], thread: bool) -> None:
    def start() -> tuple[int, int]:
        return run(_run("print('x'); exit(7)", tmp_path / "log"))

    with ThreadPoolExecutor() as threads:
        _, status = threads.submit(start).result() if thread else start()
    assert status == 7


def test_a_signal_is_passed_on_and_seen_in_the_status(tmp_path: Path) -> None:
    code = "import signal; print('x'); signal.pause()"
    pid, status = asyncio.run(_run(code, tmp_path / "log", signal.SIGTERM))
    assert (status, psutil.pid_exists(pid)) == (128 + signal.SIGTERM, False)


def test_what_a_process_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATABASE", "elsewhere")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("TZ", "Asia/Kabul")
    code = """
import os, sys
print([number for number in range(3, 100) if os.path.exists(f"/proc/self/fd/{number}")])
print(sys.stdin.read() == "", os.environ["TZ"])
print(any(name.startswith("PG") or name.endswith("_proxy") for name in os.environ))
print(os.getcwd())
"""
    asyncio.run(_run(code, tmp_path / "log"))
    assert (tmp_path / "log").read_text() == f"[]\nTrue UTC\nFalse\n{tmp_path}\n"


def test_several_may_wait_for_the_end_and_one_may_give_up(tmp_path: Path) -> None:
    async def main() -> None:
        running = await process.start(Launch([sys.executable, "-c", SLEEP]), tmp_path / "log")
        waits = [asyncio.create_task(running.ended()) for _ in range(2)]
        await asyncio.sleep(0)
        waits[0].cancel()
        running.kill()
        running.kill()
        running.signal(signal.SIGTERM)
        assert await waits[1] == await running.ended() == 128 + signal.SIGKILL
        assert not running.running

    asyncio.run(main())


def test_an_inherited_descriptor_reaches_the_engine(tmp_path: Path) -> None:
    async def main() -> None:
        with (tmp_path / "file").open("w") as file:
            code = f"import os; os.write({file.fileno()}, b'here')"
            running = await process.start(
                Launch([sys.executable, "-c", code]), tmp_path / "log", inherit=[file.fileno()]
            )
            assert await running.ended() == 0

    asyncio.run(main())
    assert (tmp_path / "file").read_text() == "here"


@pytest.mark.parametrize("kill", [False, True])
def test_what_is_left_outside_the_folder_is_removed_at_every_end(tmp_path: Path, kill: bool) -> None:
    left = [tmp_path / "socket of one", tmp_path / "never made", tmp_path / "of two"]

    async def main() -> None:
        code = f"for name in {[str(path) for path in left[::2]]}: open(name, 'w')\nprint('made', flush=True)\n{SLEEP}"
        launch = Launch([sys.executable, "-c", code], leftovers=left)
        running = await process.start(launch, tmp_path / "log")
        while not (tmp_path / "log").read_text():
            await asyncio.sleep(0.01)
        assert left[0].exists()
        if kill:
            running.kill()
        running.signal(signal.SIGTERM)
        await running.ended()

    asyncio.run(main())
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_variables_are_given_beside_the_callers(tmp_path: Path) -> None:
    async def main() -> None:
        launch = Launch(
            [sys.executable, "-c", "import os; print(os.environ['KEY'], os.environ['TZ'])"], environment={"KEY": "a"}
        )
        await (await process.start(launch, tmp_path / "log")).ended()

    asyncio.run(main())
    assert (tmp_path / "log").read_text() == "a UTC\n"
