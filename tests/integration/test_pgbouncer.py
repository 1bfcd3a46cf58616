"""With a real PgBouncer, everything works in session mode and is refused with a clear message in other modes."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

import asyncpg
import pytest

from functions import METRICS
from graph.http.health import Probe, readiness
from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from infra.embedded.postgres import BILLING as BILLINGS_TABLE
from infra.endpoints import Engines
from infra.errors import DependencyUnavailableError
from infra.postgres import as_unavailable, open_pool
from infra.probes import check_postgres
from pipelines.lease import PipelineBusyError, lease
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.stores import open_stores
from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.graph.support.api import open_api
from tests.support import events
from tests.support.cli import anlyt
from tests.support.database import connected, fresh_database
from tests.support.platform import open_platform
from tests.support.pooler import Mode, pgbouncer
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.warehouse import empty_clickhouse

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)


@pytest.fixture
def session(database: str, tmp_path: Path) -> Iterator[str]:
    with pgbouncer(tmp_path, database, "session", "plain") as dsn:
        yield dsn


async def test_migrate_ingest_reports_and_every_pipeline_in_session_mode(
    postgres: Engine, server: Engine, warehouse: str, tmp_path: Path
) -> None:
    async with connected(postgres.dsn) as connection:
        await connection.execute("create database pooled")
    direct = f"{postgres.dsn.rpartition('/')[0]}/pooled"
    with pgbouncer(tmp_path, direct, "session") as dsn:
        engines = Engines(server.url, dsn, warehouse)
        settings = {
            "ANLYT_POSTGRES_DSN": dsn,
            "ANLYT_NATS_URL": server.url,
            "ANLYT_CLICKHOUSE_DSN": warehouse,
        }
        process = await asyncio.to_thread(anlyt, tmp_path, "migrate", **settings)
        assert process.returncode == 0, process.stderr
        async with connected(dsn) as connection:
            await connection.execute(BILLINGS_TABLE)
        random = Random(5)
        billing = events.messages(random, events.billing, NOW, 500)
        delivery = events.messages(random, events.report, NOW, 500)
        async with open_platform(server.url, dsn) as platform:
            await platform.publish(BILLING_EVENTS, billing)
            await platform.publish(SMS_DLR, delivery)
            await platform.drain(*METRICS, *METRICS)
        assert await differences(direct, expect(billing, delivery, NOW)) == []
        process = await asyncio.to_thread(anlyt, tmp_path, "backfill", "billing_metrics", **settings)
        assert process.returncode == 0, process.stderr
        # A backfill ends with the rollup of the days that it touched.
        assert await differences(direct, expect(billing, delivery, NOW), rolled=True) == []
        for name in DEFINITIONS:
            process = await asyncio.to_thread(anlyt, tmp_path, "pipeline", name, **settings)
            assert process.stdout.startswith(f"{name}: done"), (name, process.stderr)
        async with open_stores(engines) as stores:
            runs = await stores.postgres.fetch("select name, status from anlyt.pipeline_runs")
        assert {(row["name"], row["status"]) for row in runs} == {(name, "SUCCEEDED") for name in DEFINITIONS}
    async with connected(postgres.dsn) as connection:
        await connection.execute("drop database pooled with (force)")


async def test_a_lease_excludes_others_and_is_released(session: str, database: str) -> None:
    async def nothing() -> None: ...

    async with lease(session, "rollup", lambda: None) as connection:
        assert await connection.fetchval("show tcp_keepalives_idle") == "30"
        for dsn in (session, database):
            with pytest.raises(PipelineBusyError):
                async with lease(dsn, "rollup", lambda: None):
                    pass
    async with lease(database, "rollup", lambda: None, patience=10):
        pass


async def test_a_refusal_has_the_poolers_reason(session: str) -> None:
    reason = "unsupported startup parameter: tcp_keepalives_idle"
    with pytest.raises(DependencyUnavailableError, match=reason), as_unavailable():
        await asyncpg.connect(session, server_settings={"tcp_keepalives_idle": "30"})


async def test_a_refusal_has_postgresqls_reason(session: str, database: str) -> None:
    name = database.rpartition("/")[2]
    async with connected(database) as connection:
        await connection.execute(f"alter database {name} connection limit 0; create role plain login")
    try:
        for dsn in (database, session):
            with pytest.raises(DependencyUnavailableError, match=f'too many connections for database "{name}"'):
                async with lease(dsn.replace("anlyt@", "plain@"), "rollup", lambda: None):
                    pass
    finally:
        async with connected(f"{database.rpartition('/')[0]}/postgres") as connection:
            await connection.execute("drop role plain")


@pytest.fixture(scope="module")
async def in_transaction_mode(
    template: Engine, clickhouse: Engine, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mapping[str, str]]:
    """Settings of migrated engines. All commands are refused, so that they change nothing."""
    folder = tmp_path_factory.mktemp("pooled")
    folder.chmod(0o755)
    await empty_clickhouse(clickhouse.dsn)
    async with nats_server(folder / "nats") as server, fresh_database(template) as database:
        async with open_platform(server.url):
            pass
        with pgbouncer(folder, database, "transaction") as dsn:
            yield {
                "ANLYT_POSTGRES_DSN": dsn,
                "ANLYT_NATS_URL": server.url,
                "ANLYT_CLICKHOUSE_DSN": clickhouse.dsn,
            }


@pytest.mark.parametrize(
    "command",
    [
        ("migrate",),
        ("migrate", "--check"),
        ("ingest",),
        ("schedule",),
        ("pipeline", "rollup"),
        ("backfill", "billing_metrics"),
    ],
)
async def test_transaction_mode_is_refused_at_start(
    in_transaction_mode: Mapping[str, str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    process = await asyncio.to_thread(anlyt, tmp_path, *command, **in_transaction_mode)
    assert process.returncode in (1, 2), process
    assert "anlyt: ANLYT_POSTGRES_DSN" in process.stderr, process.stderr
    assert "set `pool_mode = session`" in process.stderr, process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(("mode", "status"), [("session", 200), ("transaction", 503)])
async def test_the_api_answers_in_session_mode_only(database: str, tmp_path: Path, mode: Mode, status: int) -> None:
    with pgbouncer(tmp_path, database, mode) as dsn:
        async with open_pool(dsn, size=4) as pool, open_api(pool) as api:
            answer = await api.get("summary")
            ready = await readiness({"postgres": Probe(partial(check_postgres, pool), required=True)})
    assert answer.status_code == status, answer.text
    assert "pool_mode" not in answer.text  # only the log has it, for the operator
    assert ready.status == ("ok" if status == 200 else "unavailable")


async def test_statement_mode_is_refused_with_the_poolers_message(database: str, tmp_path: Path) -> None:
    with pgbouncer(tmp_path, database, "statement") as dsn:
        process = await asyncio.to_thread(
            anlyt, tmp_path, "migrate", ANLYT_POSTGRES_DSN=dsn, ANLYT_NATS_URL="nats://127.0.0.1:1"
        )
    assert process.returncode in (1, 2)
    assert "Traceback" not in process.stderr


async def test_statements_of_two_processes_never_share_a_name(session: str) -> None:
    """A pooler that does not reset sessions leaves the statement names of the previous client."""
    names = []
    for _ in range(2):
        async with open_pool(session, size=1) as pool, pool.acquire() as connection:
            await connection.fetchval("select 1")
            names.append({row["name"] for row in await connection.fetch("select name from pg_prepared_statements")})
    first, second = names
    assert first
    assert second
    assert not first & second
