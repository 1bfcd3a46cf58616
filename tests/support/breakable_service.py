"""A service in three processes on engines of its own, which scenarios break, and repair as the runbooks say."""

import asyncio
import json
import shlex
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random, randrange
from subprocess import CompletedProcess
from typing import Any, Final

import asyncpg
import httpx

from infra.clickhouse import connect as connect_clickhouse
from infra.embedded.ports import free_port
from infra.embedded.stack import Stack, stack
from schema.streams import Stream
from tests.support import events
from tests.support.api import ADMIN, ANALYTICS
from tests.support.cli import PATIENCE, environment
from tests.support.command import start_command
from tests.support.end_to_end import publish
from tests.support.runbooks import blocks, shell, statements
from tests.support.validity import Message

# In the chart, the scheduler runs `cubes` and `quality`, too. Here the incidents run them, or do not.
COMMANDS: Final[Mapping[str, Sequence[str]]] = {
    "api": ["api"],
    "ingest": ["ingest"],
    "schedule": ["schedule", "--pipeline", "copies"],
}
# Small limits, so that a few requests and messages pass them.
LIMITS: Final = {
    "ANLYT_REPORT_TIMEOUT": "1",
    "ANLYT_REPORT_CONCURRENCY": "2",
    "ANLYT_DEADLETTER_LEAST": "20",
    "ANLYT_DEADLETTER_WINDOW": "40",
}


@dataclass(frozen=True)
class Service:
    """`metrics`: the port of each process's `/metrics`. `settings`: the environment of all processes and commands."""

    folder: Path
    stack: Stack
    api: str
    metrics: Mapping[str, int]
    settings: Mapping[str, str]
    processes: dict[str, BaseProcess] = field(default_factory=dict)

    @property
    def postgres(self) -> str:
        return self.settings["ANLYT_POSTGRES_DSN"]

    @property
    def clickhouse(self) -> str:
        return self.settings["ANLYT_CLICKHOUSE_DSN"]

    @property
    def nats(self) -> str:
        return self.settings["ANLYT_NATS_URL"]

    def start(self, name: str) -> None:
        settings = {**self.settings, "ANLYT_METRICS_PORT": str(self.metrics[name])}
        self.processes[name] = self.start_command(COMMANDS[name], settings, name)

    def start_command(self, words: Sequence[str], settings: Mapping[str, str], name: str) -> BaseProcess:
        log = self.folder / f"{name}.log"
        return start_command(words, environment(self.folder, settings), log, log)

    async def end(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        await end(self.processes[name], how)

    async def sh(self, script: str, **changes: str) -> "CompletedProcess[str]":
        """Runs a script of a runbook, with words replaced by those of the scenario."""
        for word, new in changes.items():
            assert word in script, script
            script = script.replace(word, new)
        return await asyncio.to_thread(shell, self.folder, script, **self.settings)

    async def follow(self, page: str, number: int = 0, changes: Mapping[str, str] | None = None) -> str:
        """Runs the command of a runbook with this number; returns its output. Fails unless it succeeds."""
        ran = await self.sh(blocks(page)[number], **(changes or {}))
        assert ran.returncode == 0, ran
        return ran.stdout + ran.stderr

    async def look(self, page: str) -> Sequence[Sequence[Any]]:
        """Runs the statements of a runbook; returns the rows of each."""
        postgres, clickhouse = statements(page)
        connection = await asyncpg.connect(self.postgres)
        try:
            rows: list[Sequence[Any]] = [await connection.fetch(statement) for statement in postgres]
        finally:
            await connection.close()
        async with connect_clickhouse(self.clickhouse) as client:
            answers = [await client.query(statement.strip().removesuffix(";")) for statement in clickhouse]
        rows += [answer.result_rows for answer in answers]
        return rows

    async def execute(self, statement: str, *values: object) -> None:
        connection = await asyncpg.connect(self.postgres)
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()

    async def publish(self, stream: Stream, *contents: Mapping[str, Any]) -> None:
        await publish(self.nats, stream.subject, *(Message(json.dumps(each).encode()) for each in contents))

    @asynccontextmanager
    async def requests(self, at_once: int = 1, pause: float = 0.1) -> AsyncIterator[None]:
        """Requests reports again and again during the body."""
        limits = httpx.Limits(max_connections=at_once)
        async with httpx.AsyncClient(base_url=self.api, headers=ADMIN, timeout=PATIENCE, limits=limits) as client:

            async def ask() -> None:
                while True:
                    await client.get(report())
                    await asyncio.sleep(pause)

            tasks = [asyncio.create_task(ask()) for _ in range(at_once)]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended


async def end(process: BaseProcess, how: signal.Signals = signal.SIGTERM) -> None:
    """Ends a process, and waits until it is gone."""
    if process.pid is not None and process.exitcode is None:
        (process.kill if how == signal.SIGKILL else process.terminate)()
    async with asyncio.timeout(PATIENCE):
        while process.exitcode is None:
            await asyncio.sleep(0.02)


def event(make: events.Make, time_field: str, **fields: Any) -> dict[str, Any]:
    """A good event of now."""
    now = datetime.now(UTC)
    return {**make(Random(), now), time_field: now.isoformat(), **fields}


def report() -> str:
    """The path of a report that the API has to read, because nobody requested it before."""
    return f"{ANALYTICS}/accounts/account-{randrange(10**12)}/usage"


def words(script: str) -> Sequence[str]:
    """The arguments of a runbook's command `anlyt ...`."""
    program, *arguments = shlex.split(script)
    assert program == "anlyt"
    return arguments


@asynccontextmanager
async def breakable_service(folder: Path) -> AsyncIterator[Service]:
    """Yields a migrated service with all three processes running; ends whatever runs afterwards."""
    async with stack(folder / "engines") as engines:
        urls, port = engines.urls, free_port()
        assert urls.nats is not None
        assert urls.postgres is not None
        assert urls.clickhouse is not None
        settings = {
            **LIMITS,
            "ANLYT_NATS_URL": urls.nats,
            "ANLYT_POSTGRES_DSN": urls.postgres,
            "ANLYT_CLICKHOUSE_DSN": urls.clickhouse,
            "ANLYT_API_PORT": str(port),
        }
        metrics = {name: free_port() for name in COMMANDS}
        service = Service(folder, engines, f"http://127.0.0.1:{port}", metrics, settings)
        migrated = await service.sh("anlyt migrate")
        assert migrated.returncode == 0, migrated
        try:
            for name in COMMANDS:
                service.start(name)
            yield service
        finally:
            for name in service.processes:
                await service.end(name)
