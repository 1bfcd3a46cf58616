"""From the last release to this one and back, while events arrive: everything is exact at each step.

The last release is its own code, from the history of this repository. Its processes write first; then `anlyt migrate`
of this release runs beside them, workers of both count together, and this release's are taken away again.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from subprocess import CompletedProcess, Popen
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import pytest

from functions import FUNCTIONS
from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.nats import nats_server
from infra.embedded.ports import free_port
from infra.embedded.postgres import postgres_server
from schema.streams import Stream
from tests.soak.journal import Journal, open_journal
from tests.soak.truth import Truth
from tests.soak.verdict import drain, stored_differences
from tests.support.api import ADMIN, ANALYTICS
from tests.support.chaos import make_short_ack_consumers
from tests.support.cli import anlyt, environment
from tests.support.command import start_command
from tests.support.database import connected
from tests.support.last_release import Release, last_release
from tests.support.platform import Platform, open_platform
from tests.support.traffic import MAKERS, producing
from tests.support.validity import Message
from tests.support.worker import wait_for_exit

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]  # processes start slowly on a busy machine

LOAD: Final = 2.0  # seconds of each phase, beside those that its processes take to start
ACK_WAIT: Final = 3.0  # seconds, so that what a killed worker had comes again within the test
PATIENCE: Final = 60.0  # seconds until a process has started, on a busy machine
SETTLING: Final = ("copies", "cubes", "rollup")
TABLES: Final = "select tablename from pg_tables where schemaname = 'anlyt' and tablename <> 'schema_migrations'"
QUESTIONS: Final = ("/summary", "/delivery-breakdown", "/operators/op-1/performance", "/accounts/acc-1/usage")

MOVING: Final = "completeUntil"  # the time up to which events are counted, which follows the clock

Sent = Mapping[Stream, list[Message]]
Answers = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Bench:
    """Stores that the last release has made, and both releases with the same settings."""

    folder: Path
    old: Release
    settings: Mapping[str, str]
    platform: Platform
    log_of_postgres: Path

    @asynccontextmanager
    async def load(self, sent: Sent, random: Random) -> AsyncIterator[None]:
        """Publishes while the body runs, and LOAD seconds longer; adds the messages to `sent`."""
        async with producing(self.platform, random, datetime.now(UTC)) as more:
            yield
            await asyncio.sleep(LOAD)
        for stream, messages in more.items():
            sent[stream].extend(messages)

    async def migrate(self) -> None:
        """Runs this release's migrations, beside transactions that lock every table as readers and writers do."""
        async with locking_every_table(self.platform.dsn):
            done = await asyncio.to_thread(anlyt, self.folder, "migrate", **self.settings)
        assert done.returncode == 0, done.stderr
        assert "0019_positions: applied" in done.stdout
        # PostgreSQL logs each wait for a lock of more than a second.
        lines = self.log_of_postgres.read_text().splitlines()
        assert [line for line in lines if "still waiting for" in line and "on relation" in line] == []

    @asynccontextmanager
    async def new_worker(self) -> AsyncIterator[None]:
        """Runs this release's `anlyt ingest` during the body."""
        out, error = self.folder / "new.out", self.folder / "new.err"
        worker = start_command(["ingest"], environment(self.folder, self.settings), out, error)
        try:
            await until_it_counts(out)
            yield
            assert worker.exitcode is None, error.read_text()
            worker.terminate()
            assert await wait_for_exit(worker) == 0, error.read_text()
        finally:
            worker.kill()

    @asynccontextmanager
    async def old_worker(self, number: int) -> AsyncIterator["Popen[bytes]"]:
        """Runs the last release's `anlyt ingest` during the body, which may kill it."""
        log = self.folder / f"old-{number}.log"
        with self.old.running(log, "ingest") as worker:
            await until_it_counts(log)
            yield worker

    async def check(self, sent: Sent, *, with_old: bool) -> None:
        """Processes everything, runs the pipelines of a release, and compares all that is stored with what was sent."""
        await drain(self.platform)
        for done in await asyncio.gather(*(self._run("pipeline", name, with_old=with_old) for name in SETTLING)):
            assert done.returncode == 0, done.stderr
        with TemporaryDirectory(dir=self.folder) as folder, open_journal(Path(folder)) as database:
            journal = Journal(database)
            for stream, messages in sent.items():
                journal.add(stream, messages)
            clickhouse = self.settings["ANLYT_CLICKHOUSE_DSN"]
            assert list(await stored_differences(self.platform, clickhouse, journal, Truth())) == []

    async def answers(self, *, with_old: bool) -> Answers:
        """The answers of a release's API to QUESTIONS."""
        port, log = free_port(), self.folder / f"api-{with_old}.log"
        settings = {**self.settings, "ANLYT_API_PORT": str(port)}
        if with_old:
            with replace(self.old, settings=settings).running(log, "api"):
                return await answers_of(port, log)
        api = start_command(["api"], environment(self.folder, settings), log)
        try:
            return await answers_of(port, log)
        finally:
            api.kill()
            await wait_for_exit(api)

    async def _run(self, *command: str, with_old: bool) -> CompletedProcess[str]:
        if with_old:
            return await asyncio.to_thread(self.old.run, *command)
        return await asyncio.to_thread(anlyt, self.folder, *command, **self.settings)


async def test_up_and_down_under_load(tmp_path: Path, seed: int) -> None:
    random, sent = Random(seed), {stream: list[Message]() for stream in MAKERS}
    async with opened(tmp_path) as bench, AsyncExitStack() as old, AsyncExitStack() as new:
        first, _ = [await old.enter_async_context(bench.old_worker(number)) for number in (1, 2)]
        async with bench.load(sent, random):
            pass
        await bench.check(sent, with_old=True)

        async with bench.load(sent, random):  # up: both releases count, a worker is killed
            await bench.migrate()
            await new.enter_async_context(bench.new_worker())
            await asyncio.sleep(LOAD)
            first.kill()
            await old.aclose()
        await bench.check(sent, with_old=False)
        known = await bench.answers(with_old=True)
        answers = zip(known, await bench.answers(with_old=False), strict=True)
        assert [{name: now.get(name) for name in then} for then, now in answers] == known

        async with bench.load(sent, random):  # down: the last release on the tables of this one
            await old.enter_async_context(bench.old_worker(3))
            await asyncio.sleep(LOAD)
            await new.aclose()
        await bench.check(sent, with_old=True)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Bench]:
    """Engines whose stores and durable consumers the last release has made."""
    logging = {"log_lock_waits": "on", "deadlock_timeout": "1s"}
    async with (
        postgres_server(folder / "postgres", settings=logging) as postgres,
        nats_server(folder / "nats") as nats,
        clickhouse_server(folder / "clickhouse") as clickhouse,
    ):
        settings = {
            "ANLYT_NATS_URL": nats.url,
            "ANLYT_POSTGRES_DSN": postgres.dsn,
            "ANLYT_CLICKHOUSE_DSN": clickhouse.dsn,
        }
        old = last_release(folder, settings)
        done = await asyncio.to_thread(old.run, "migrate")
        assert done.returncode == 0, done.stderr
        async with open_platform(nats.url, postgres.dsn, clickhouse.dsn) as platform:
            await make_short_ack_consumers(platform, FUNCTIONS, ACK_WAIT)
            yield Bench(folder, old, settings, platform, postgres.log)


@asynccontextmanager
async def locking_every_table(dsn: str) -> AsyncIterator[None]:
    """While the body runs, short transactions read each table and lock it as writers do."""
    async with connected(dsn) as connection:
        tables = [row["tablename"] for row in await connection.fetch(TABLES)]

        async def lock() -> None:
            while True:
                for table in tables:
                    async with connection.transaction():
                        await connection.execute(f"lock table anlyt.{table} in row exclusive mode")
                        await connection.execute(f"select from anlyt.{table} limit 1")

        task = asyncio.create_task(lock())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_it_counts(output: Path) -> None:
    """Waits until `anlyt ingest` says that its functions run."""
    await _until_said(output, "metrics at")


async def answers_of(port: int, output: Path) -> Answers:
    """The answers of the API on this port, once it has said that it serves."""
    await _until_said(output, "http")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    window = {"from": f"{today - timedelta(days=2):%Y-%m-%dT00:00:00Z}", "to": f"{today:%Y-%m-%dT00:00:00Z}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=ADMIN, timeout=PATIENCE) as client:
        answers = [await client.get(ANALYTICS + path, params=window) for path in QUESTIONS]
    assert {each.status_code for each in answers} == {200}, [each.text for each in answers]
    return [{name: value for name, value in each.json().items() if name != MOVING} for each in answers]


async def _until_said(output: Path, words: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not _has(output, words):
            await asyncio.sleep(0.05)


def _has(output: Path, words: str) -> bool:
    return output.exists() and words in output.read_text()
