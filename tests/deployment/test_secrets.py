"""Secrets from OpenBao, whose agent writes the files that the chart describes: start, rotation, revocation."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import pytest

from functions import METRICS
from infra.embedded.engine import Engine
from infra.embedded.ports import free_port
from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support.cli import anlyt, environment
from tests.support.command import start_command
from tests.support.fixtures import warehouse as warehouse
from tests.support.openbao import OpenBao, agent, openbao, until_file
from tests.support.platform import open_platform
from tests.support.reference import expect
from tests.support.secured_stores import (
    add_user,
    change_users,
    dsn_of,
    eventually,
    pod,
    remove_user,
    secured_nats,
    secured_postgres,
)
from tests.support.stored import differences
from tests.support.traffic import producing

pytestmark = pytest.mark.anyio

NOW: Final = datetime.now(UTC)
STREAMS: Final = (BILLING_EVENTS, SMS_DLR)
API, WORKER = pod("anlyt-api"), pod("anlyt-ingest-billing-metrics")
CREDENTIALS: Final = "the user or the password is refused"


@dataclass(frozen=True)
class Commands:
    """Commands of `anlyt` whose secrets are files of the agent. `port`: the API's."""

    folder: Path
    settings: Mapping[str, str]
    port: int

    def start(self, name: str, *arguments: str) -> BaseProcess:
        variables = environment(self.folder, {**self.settings, "ANLYT_API_PORT": str(self.port)})
        return start_command((name, *arguments), variables, self.folder / f"{name}.out", self.folder / f"{name}.error")

    def failure(self, name: str) -> str:
        return (self.folder / f"{name}.error").read_text()

    async def readiness(self) -> Mapping[str, Any] | None:
        async with httpx.AsyncClient(timeout=60) as client:
            try:
                found: Mapping[str, Any] = (await client.get(f"http://127.0.0.1:{self.port}/health/ready")).json()
            except httpx.TransportError:
                return None
            return found

    async def until_ready(self) -> None:
        async def is_ready() -> bool:
            state = await self.readiness()
            return state is not None and state["status"] == "ok"

        await eventually(is_ready)

    async def until_refused(self, dependency: str) -> Mapping[str, Any]:
        """What readiness says of a dependency, once it names a setting."""

        async def refused() -> Any:
            state = await self.readiness()
            return state and "setting" in state["dependencies"][dependency] and state

        state: Mapping[str, Any] = await eventually(refused)
        assert state["status"] == "unavailable"
        found: Mapping[str, Any] = state["dependencies"][dependency]
        return found


async def ended(process: BaseProcess) -> int:
    async def status() -> Any:
        return process.exitcode is not None

    await eventually(status)
    assert process.exitcode is not None
    return process.exitcode


@dataclass(frozen=True)
class Bench:
    """Engines that ask for passwords, OpenBao, and the files of its agent."""

    postgres: Engine
    nats: Engine
    bao: OpenBao
    files: Path
    commands: Commands
    secrets: dict[str, str]

    async def keep(self, **changes: str) -> None:
        """Replaces secrets in OpenBao, and waits until the agent has written them."""
        self.secrets.update({name.replace("_", "-"): text for name, text in changes.items()})
        await self.bao.keep(self.secrets)
        for name, text in self.secrets.items():
            await until_file(self.files / name, text)

    def nats_url(self, user: str) -> str:
        return f"nats://{user}:{2 * user}@127.0.0.1:{self.nats.port}"


@asynccontextmanager
async def opened(folder: Path, clickhouse: str) -> AsyncIterator[Bench]:
    """All of it, with the user `one` everywhere, streams, and no process yet."""
    async with (
        secured_postgres(folder / "postgres") as postgres,
        secured_nats(folder / "nats", "one", "producer") as nats,
        openbao(folder / "bao") as bao,
    ):
        await add_user(postgres, "one", "oneone")
        secrets = {
            "nats-url": f"nats://one:oneone@127.0.0.1:{nats.port}",
            "postgres-dsn": dsn_of(postgres, "one", "oneone"),
            "clickhouse-dsn": clickhouse,
            "clickhouse-reader-dsn": clickhouse,
            "signing-key": "k" * 40,
        }
        await bao.keep(secrets)
        async with agent(folder / "agent", bao, {**API.templates, **WORKER.templates}) as files:
            assert {each.name for each in files.iterdir()} == set(secrets)
            done = await asyncio.to_thread(anlyt, folder, "migrate", **WORKER.settings(files))
            assert done.returncode == 0, done.stderr
            settings = {**WORKER.settings(files), "ANLYT_LOG_FORMAT": "json"}
            yield Bench(postgres, nats, bao, files, Commands(folder, settings, free_port()), secrets)


@asynccontextmanager
async def counted(bench: Bench, random: Random) -> AsyncIterator[None]:
    """Sends events during the body, and checks afterwards that all of them, and earlier ones, are counted once."""
    async with open_platform(bench.nats_url("producer"), dsn_of(bench.postgres)) as platform:
        async with producing(platform, random, NOW, STREAMS) as sent:
            yield
        await platform.wait_until_drained(*METRICS)
        stored = [list((await platform.stored_messages(stream)).values()) for stream in STREAMS]
    for stream, messages in zip(STREAMS, stored, strict=True):
        assert {each.data for each in sent[stream]} <= {each.data for each in messages}
    billed, reports = stored
    assert await differences(dsn_of(bench.postgres), expect(billed, reports, NOW)) == []


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[list[BaseProcess]]:
    """The processes that a test has started; they are killed at its end."""
    started: list[BaseProcess] = []
    yield started
    for process in started:
        process.kill()
        process.join()


async def test_rotation(warehouse: str, tmp_path: Path, seed: int, processes: list[BaseProcess]) -> None:
    """Passwords of PostgreSQL and NATS change. Nothing is lost, and nothing is there twice.

    In the order of the runbook, only ingest restarts, when its user leaves NATS. In the wrong order, each process says
    which setting is refused, and the API continues by itself with the new file.
    """
    random, functions = Random(seed), [part for each in METRICS for part in ("--function", each.name)]
    async with opened(tmp_path, warehouse) as bench:

        def start(*command: str) -> BaseProcess:
            processes.append(bench.commands.start(*command))
            return processes[-1]

        api, ingest, schedule = start("api"), start("ingest", *functions), start("schedule")
        await bench.commands.until_ready()
        async with counted(bench, random):
            await add_user(bench.postgres, "two", "twotwo")
            change_users(bench.nats, "one", "two", "producer")
            await bench.keep(postgres_dsn=dsn_of(bench.postgres, "two", "twotwo"), nats_url=bench.nats_url("two"))
            await remove_user(bench.postgres, "one")
            await asyncio.sleep(2)
            await bench.commands.until_ready()
        assert (ingest.exitcode, schedule.exitcode) == (None, None)

        change_users(bench.nats, "two", "producer")
        assert await ended(ingest) == 1
        assert f"ANLYT_NATS_URL: {CREDENTIALS}" in bench.commands.failure("ingest")
        ingest = start("ingest", *functions)
        await bench.commands.until_ready()

        await remove_user(bench.postgres, "two")
        state = await bench.commands.until_refused("postgres")
        assert (state["setting"], state["problem"]) == ("ANLYT_POSTGRES_DSN", CREDENTIALS)
        assert await ended(ingest) == 1
        assert f"ANLYT_POSTGRES_DSN: {CREDENTIALS}" in bench.commands.failure("ingest")
        await add_user(bench.postgres, "three", "threethree")
        await bench.keep(postgres_dsn=dsn_of(bench.postgres, "three", "threethree"))
        await bench.commands.until_ready()
        start("ingest", *functions)
        async with counted(bench, random):
            pass
        assert api.exitcode is None


async def test_a_lease_is_revoked(warehouse: str, tmp_path: Path, processes: list[BaseProcess]) -> None:
    """PostgreSQL's users may be OpenBao's: after a revocation, readiness says so until the agent has another user."""
    async with opened(tmp_path, warehouse) as bench:
        await bench.bao.write("sys/mounts/database", type="database")
        url = dsn_of(bench.postgres).replace("anlyt:@", "{{username}}:{{password}}@") + "?sslmode=disable"
        login = {"username": "anlyt", "password": "unused"}
        plugin = {"plugin_name": "postgresql-database-plugin", "allowed_roles": ["anlyt"], "verify_connection": False}
        await bench.bao.write("database/config/postgres", connection_url=url, **login, **plugin)
        created = [
            "create role \"{{name}}\" login password '{{password}}' valid until '{{expiration}}' in role anlyt",
            'alter role "{{name}}" set role anlyt',
        ]
        revoked = [
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = '{{name}}'",
            'drop role if exists "{{name}}"',
        ]
        role = {"db_name": "postgres", "creation_statements": created, "revocation_statements": revoked}
        await bench.bao.write("database/roles/anlyt", **role, default_ttl="1h", max_ttl="1h")
        template = dsn_of(bench.postgres).replace("anlyt:@", "{{ .Data.username }}:{{ .Data.password }}@")
        templates = {"dsn": f'{{{{ with secret "database/creds/anlyt" }}}}{template}{{{{ end }}}}'}
        dynamic = (tmp_path / "dynamic", bench.bao, templates, "database/creds/anlyt")
        async with agent(*dynamic) as files:
            settings = {**bench.commands.settings, "ANLYT_POSTGRES_DSN_FILE": str(files / "dsn")}
            commands = Commands(tmp_path, settings, bench.commands.port)
            processes.append(commands.start("api"))
            await commands.until_ready()
        before = (files / "dsn").read_text()
        await bench.bao.write("sys/leases/revoke-prefix/database/creds/anlyt")
        state = await commands.until_refused("postgres")
        assert (state["setting"], state["problem"]) == ("ANLYT_POSTGRES_DSN", CREDENTIALS)
        async with agent(*dynamic):  # a restarted agent asks for another user
            await commands.until_ready()
        assert (files / "dsn").read_text() != before
        assert processes[-1].exitcode is None
