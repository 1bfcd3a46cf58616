"""Both stores are lost and restored to different points in time; the commands of the runbook make them agree again."""

import asyncio
import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import pytest

from functions import FUNCTIONS
from infra.clickhouse import connect
from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import started
from infra.embedded.nats import nats_server
from infra.embedded.postgres import postgres_server
from infra.embedded.s3_configuration import Tree
from infra.endpoints import Engines
from ingest import service
from tests.soak.journal import Journal, open_journal
from tests.soak.load import produce
from tests.soak.plan import Plan
from tests.soak.truth import Truth
from tests.soak.verdict import drain, stored_differences
from tests.support.cli import anlyt
from tests.support.database import connected
from tests.support.platform import Platform, open_platform, unlimited_guards
from tests.support.postgres_backup import Restored, make_backup
from tests.support.runbooks import statements
from tests.support.traffic import MAKERS
from tools.export import ROOT

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]  # processes start slowly on a busy machine

RUNBOOK: Final = ROOT / "docs/runbooks/restore.md"
PLAN: Final = Plan(seed=0, seconds=5.0, rate=160.0)
BEFORE: Final = ("cubes", "archive", "integrity")  # pipelines that have run before the backups
LAG: Final = {"ANLYT_INTEGRITY_LAG_HOURS": "1"}
TIME: Final = "2026-10-07T02:00:00Z"  # in the runbook's commands


def commands() -> Sequence[Sequence[str]]:
    """The arguments of the runbook's commands, in order."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", RUNBOOK.read_text(), re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


def renumbering() -> str:
    """The runbook's statement that lists those which renumber the restored parts."""
    return statements(RUNBOOK.name)[1][1]


async def load(platform: Platform, random: Random, journal: Journal) -> None:
    """PLAN's load on all streams."""
    producers = [produce(platform, Random(random.random()), each, PLAN, partial(journal.add, each)) for each in MAKERS]
    await asyncio.gather(*producers)


async def run(folder: Path, engines: Engines, *command: str) -> None:
    settings = {
        "ANLYT_NATS_URL": engines.nats,
        "ANLYT_POSTGRES_DSN": engines.postgres,
        "ANLYT_CLICKHOUSE_DSN": engines.clickhouse,
        **LAG,
    }
    done = await asyncio.to_thread(anlyt, folder, *command, **settings)
    assert done.returncode == 0, (command, done.stderr)


async def test_different_points_in_time(tmp_path: Path, seed: int) -> None:
    random, backup = Random(seed), make_backup(tmp_path)
    backups: Tree = {"backups": {"allowed_path": str(tmp_path / "clickhouse-backups")}}
    at = f"File('{tmp_path}/clickhouse-backups/whole')"
    with open_journal(tmp_path) as database:
        journal = Journal(database)
        async with nats_server(tmp_path / "nats") as nats:
            async with (
                postgres_server(tmp_path / "lost-postgres", settings=backup.settings()) as postgres,
                clickhouse_server(tmp_path / "lost-clickhouse", settings=backups) as clickhouse,
            ):
                lost = Engines(nats.url, postgres.dsn, clickhouse.dsn)
                await run(tmp_path, lost, "migrate")
                async with (
                    open_platform(nats.url, postgres.dsn, clickhouse.dsn) as platform,
                    service.running(lost, FUNCTIONS, "USD", unlimited_guards(FUNCTIONS)),
                ):
                    await asyncio.gather(load(platform, random, journal), backup.take(postgres))
                    for name in BEFORE:
                        await run(tmp_path, lost, "pipeline", name)
                    since = datetime.now(UTC) - timedelta(hours=1)
                    async with connect(clickhouse.dsn) as client:
                        await asyncio.gather(
                            load(platform, random, journal), client.command(f"backup database anlyt to {at}")
                        )
                    async with connected(postgres.dsn) as connection:
                        until = await connection.fetchval("select clock_timestamp()::text")
                    await load(platform, random, journal)
                    await drain(platform)
                await backup.complete(postgres)
            recipe = Restored(backup=backup, until=until)
            async with (
                started(recipe, (tmp_path / "postgres").absolute(), 0) as postgres,
                clickhouse_server(tmp_path / "clickhouse", settings=backups) as clickhouse,
            ):
                async with connect(clickhouse.dsn, database="default") as client:
                    await client.command("drop database if exists anlyt sync")
                    await client.command(f"restore database anlyt from {at}")
                    for (statement,) in (await client.query(renumbering())).result_rows:
                        await client.command(statement)
                restored = Engines(nats.url, postgres.dsn, clickhouse.dsn)
                async with open_platform(nats.url, postgres.dsn, clickhouse.dsn) as platform:
                    for command in commands():
                        changed = [f"{since:%Y-%m-%dT%H:%M:%SZ}" if each == TIME else each for each in command]
                        await run(tmp_path, restored, *changed[1:])
                    assert list(await stored_differences(platform, clickhouse.dsn, journal, Truth())) == []
