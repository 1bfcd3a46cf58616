"""Commands with settings that do not fit the engines: each names the wrong setting and ends without waiting."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest

from commands.migrate import apply
from infra.embedded.certificates import DevCertificates
from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import Engine
from infra.embedded.s3 import s3_server
from infra.endpoints import Engines
from infra.s3 import from_dsn
from schema.streams import BILLING_EVENTS
from tests.support import events
from tests.support.api import ADMIN, ANALYTICS
from tests.support.cli import PATIENCE, Running, anlyt, running
from tests.support.end_to_end import eventually_equal, publish

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def right(nats: Engine, postgres: Engine, clickhouse: Engine) -> AsyncIterator[Mapping[str, str]]:
    """Settings of migrated engines."""
    admin = await asyncpg.connect(postgres.dsn)
    await admin.execute("create database settings")
    await admin.execute("create database unmigrated")
    dsn = postgres.dsn.removesuffix("anlyt") + "settings"
    async for _ in apply(Engines(nats.url, dsn, clickhouse.dsn), "USD", None):
        pass
    yield {"ANLYT_NATS_URL": nats.url, "ANLYT_POSTGRES_DSN": dsn, "ANLYT_CLICKHOUSE_DSN": clickhouse.dsn}
    await admin.execute("drop database settings with (force)")
    await admin.execute("drop database unmigrated with (force)")
    await admin.close()


COMMANDS: Final = (
    ("ingest",),
    ("ingest", "--function", "billing_metrics"),
    ("schedule",),
    ("pipeline", "rollup"),
    ("pipeline", "cubes"),
    ("backfill", "billing_metrics"),
    ("backfill", "billing_metrics", "--rebuild"),
    ("audit", "verify"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("database", "problem"),
    [
        ("mine", 'there is no such database (database "mine" does not exist)'),
        ("unmigrated", "the database is not migrated to this version (relation "),
    ],
)
def test_a_wrong_database_ends_a_command(
    right: Mapping[str, str], tmp_path: Path, command: tuple[str, ...], database: str, problem: str
) -> None:
    wrong = right["ANLYT_POSTGRES_DSN"].replace("/settings", f"/{database}")
    process = anlyt(tmp_path, *command, **{**right, "ANLYT_POSTGRES_DSN": wrong})
    assert process.returncode == 1, process.stderr
    assert f"anlyt: ANLYT_POSTGRES_DSN: {problem}" in process.stderr.splitlines()[-1].replace(
        "Pipeline cubes failed: ", ""
    )
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("command", [("migrate",), ("migrate", "--check")], ids=" ".join)
def test_migrate_creates_no_database(right: Mapping[str, str], tmp_path: Path, command: tuple[str, ...]) -> None:
    wrong = right["ANLYT_POSTGRES_DSN"].replace("/settings", "/mine")
    process = anlyt(tmp_path, *command, **{**right, "ANLYT_POSTGRES_DSN": wrong})
    assert (process.returncode, process.stderr) == (
        1,
        'anlyt: ANLYT_POSTGRES_DSN: there is no such database (database "mine" does not exist). Name the right one, '
        "or create it and run `anlyt migrate`.\n",
    )


@pytest.mark.parametrize("command", [*COMMANDS, ("migrate",), ("api",), ("dev",)], ids=" ".join)
def test_clickhouse_has_one_database(right: Mapping[str, str], tmp_path: Path, command: tuple[str, ...]) -> None:
    wrong = right["ANLYT_CLICKHOUSE_DSN"].replace("/anlyt", "/mine")
    process = anlyt(tmp_path, *command, **{**right, "ANLYT_CLICKHOUSE_DSN": wrong})
    assert process.returncode == 2
    assert process.stderr.startswith("anlyt: ANLYT_CLICKHOUSE_DSN must be a URL that names the database anlyt, or none")


@pytest.fixture(scope="module")
async def bare(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The DSN of a ClickHouse without migrations."""
    async with clickhouse_server(tmp_path_factory.mktemp("bare")) as engine:
        yield engine.dsn


@pytest.mark.parametrize(
    "command", [("ingest",), ("ingest", "--function", "dlr_facts"), ("schedule",), ("pipeline", "cubes")], ids=" ".join
)
def test_a_clickhouse_without_tables_ends_a_command(
    right: Mapping[str, str], bare: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """The command ends before it reads a stream."""
    process = anlyt(tmp_path, *command, **{**right, "ANLYT_CLICKHOUSE_DSN": bare})
    assert process.returncode == 1, process.stderr
    assert "ANLYT_CLICKHOUSE_DSN: the database is not migrated to this version" in process.stderr.splitlines()[-1]
    assert "Traceback" not in process.stderr


def _s3(dsn: str, **wrong: str) -> Mapping[str, str]:
    """The settings of S3, with these wrong values."""
    s3 = replace(from_dsn(dsn), **wrong)
    names = {"ENDPOINT": s3.endpoint, "BUCKET": s3.bucket, "ACCESS_KEY": s3.access_key, "SECRET_KEY": s3.secret_key}
    return {f"ANLYT_S3_{name}": value for name, value in names.items()}


async def test_an_audit_listener_names_the_wrong_setting(right: Mapping[str, str], bare: str, tmp_path: Path) -> None:
    files = DevCertificates(tmp_path / "tls")
    files.make("127.0.0.1")
    listener = files.listener
    paths = {
        "ANLYT_TLS_CERT": listener.tls_cert,
        "ANLYT_TLS_KEY": listener.tls_key,
        "ANLYT_TLS_CLIENT_CA": files.authority,
    }
    settings = {**right, **{name: str(path) for name, path in paths.items()}}
    async with s3_server(tmp_path / "s3") as bucket:
        wrongs = {
            "ANLYT_POSTGRES_DSN": {"ANLYT_POSTGRES_DSN": right["ANLYT_POSTGRES_DSN"].replace("/settings", "/mine")},
            "ANLYT_CLICKHOUSE_DSN": {"ANLYT_CLICKHOUSE_DSN": bare},
            "ANLYT_S3_BUCKET": _s3(bucket.dsn, bucket="mine"),
            "ANLYT_S3_ACCESS_KEY": _s3(bucket.dsn, secret_key="wrong"),
        }
        for setting, values in wrongs.items():
            process = await asyncio.to_thread(anlyt, tmp_path, "audit-api", **{**settings, **values})
            assert process.returncode == 1, process.stderr
            assert process.stderr.splitlines()[-1].startswith(f"anlyt: {setting}: ")
            assert "Traceback" not in process.stderr


def test_a_missing_key_set(right: Mapping[str, str], tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    settings = {**right, "ANLYT_AUTH": "jwt", "ANLYT_JWKS": str(keys)}
    assert anlyt(tmp_path, "api", **settings).stderr == (
        f"anlyt: ANLYT_JWKS: the key set cannot be read ({keys}: No such file or directory). "
        "Correct the path or the file.\n"
    )
    keys.write_text("{}")
    process = anlyt(tmp_path, "api", **settings)
    assert (process.returncode, "has no key that can verify a signature" in process.stderr) == (1, True)


def url_of(api: Running) -> str:
    assert api.process.stdout is not None
    return api.process.stdout.readline().split()[1].rstrip(";")


def ready(client: httpx.Client, dependency: str) -> tuple[int, object]:
    answer = client.get("/health/ready")
    return answer.status_code, answer.json()["dependencies"][dependency]


def wrong(setting: str, problem: str, *, required: bool) -> tuple[int, object]:
    return 503, {"status": "misconfigured", "required": required, "setting": setting, "problem": problem}


@pytest.mark.parametrize(
    ("setting", "database", "problem", "dependency"),
    [
        ("ANLYT_POSTGRES_DSN", "mine", "there is no such database", "postgres"),
        ("ANLYT_POSTGRES_DSN", "unmigrated", "the database is not migrated to this version", "postgres"),
        ("ANLYT_POSTGRES_READ_DSN", "mine", "there is no such database", "postgres"),
    ],
)
def test_an_unready_api_reports_the_reason(
    right: Mapping[str, str], tmp_path: Path, setting: str, database: str, problem: str, dependency: str
) -> None:
    dsn = right["ANLYT_POSTGRES_DSN"].replace("/settings", f"/{database}")
    with running(tmp_path, "api", **{**right, setting: dsn}) as api:
        with httpx.Client(base_url=url_of(api), headers=ADMIN, timeout=60) as client:
            assert ready(client, dependency) == wrong(setting, problem, required=True)
            answer = client.get(f"{ANALYTICS}/summary")
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
            assert answer.headers["Retry-After"]
            assert answer.json()["code"] == "DEPENDENCY_UNAVAILABLE"
            assert not {"mine", "database", "ANLYT"} & set(answer.json()["detail"].split())
            error = client.post("/graphql", json={"query": "{ summary { totalMessages } }"}).json()["errors"][0]
            assert (error["message"], error["extensions"]["code"]) == (answer.json()["detail"], answer.json()["code"])
        assert api.stop() == 0
        assert api.process.stderr is not None
        log = api.process.stderr.read()
    assert "Traceback" not in log
    assert f'"why": "{setting}: {problem}' in log


def test_an_api_with_an_unmigrated_clickhouse(right: Mapping[str, str], bare: str, tmp_path: Path) -> None:
    query = {
        "dataset": "dlr",
        "measures": ["messages"],
        "time": {"from": "2026-10-01T00:00:00Z", "to": "2026-10-02T00:00:00Z"},
    }
    with running(tmp_path, "api", **{**right, "ANLYT_CLICKHOUSE_DSN": bare}) as api:
        with httpx.Client(base_url=url_of(api), headers=ADMIN, timeout=60) as client:
            problem = "the database is not migrated to this version"
            assert ready(client, "clickhouse") == wrong("ANLYT_CLICKHOUSE_DSN", problem, required=False)
            assert client.post("/v1/anlyt/query", json=query).status_code == 503
            assert client.get(f"{ANALYTICS}/summary").status_code == 200
        assert api.stop() == 0


def sql(dsn: str, *statements: str) -> None:
    """Runs each statement in a separate transaction."""

    async def run() -> None:
        connection = await asyncpg.connect(dsn)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


@pytest.fixture
def served(right: Mapping[str, str]) -> Iterator[str]:
    """The DSN of a user with all rights."""
    admin = right["ANLYT_POSTGRES_DSN"]
    sql(admin, "create role served login", "grant all on schema anlyt to served", GRANT)
    yield admin.replace("//anlyt@", "//served@")
    sql(admin, "drop owned by served", "drop role served")


GRANT: Final = "grant all on all tables in schema anlyt to served"


def test_settings_that_become_wrong_and_right_again(right: Mapping[str, str], served: str, tmp_path: Path) -> None:
    admin, settings = right["ANLYT_POSTGRES_DSN"], {**right, "ANLYT_POSTGRES_DSN": served}
    with (
        running(tmp_path, "api", **settings) as api,
        running(tmp_path, "ingest", **settings) as ingest,
        httpx.Client(base_url=url_of(api), headers=ADMIN, timeout=60) as client,
    ):
        url_of(ingest)
        eventually_equal(lambda: ready(client, "postgres")[0], 200)
        sql(admin, "revoke select on anlyt.metrics_hourly from served")
        denied = wrong("ANLYT_POSTGRES_DSN", "the user lacks a right", required=True)
        eventually_equal(lambda: ready(client, "postgres"), denied)
        assert client.get(f"{ANALYTICS}/summary").status_code == 503
        sql(admin, GRANT)
        eventually_equal(lambda: ready(client, "postgres")[0], 200)
        sql(
            admin,
            "alter role served nologin",
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'served'",
        )
        refused = wrong("ANLYT_POSTGRES_DSN", "the user or the password is refused", required=True)
        eventually_equal(lambda: ready(client, "postgres"), refused)
        sql(admin, "alter role served login")
        eventually_equal(lambda: ready(client, "postgres")[0], 200)
        eventually_equal(lambda: client.get(f"{ANALYTICS}/summary").status_code, 200)
        assert api.stop() == 0
        assert ingest.process.poll() is None  # it had no events to write
        sql(admin, "revoke all on all tables in schema anlyt from served")
        rng = random.Random(3)
        event = events.message(rng, events.billing(rng, datetime.now(UTC)))
        asyncio.run(publish(right["ANLYT_NATS_URL"], BILLING_EVENTS.subject, event))
        assert ingest.process.wait(PATIENCE) == 1
        assert ingest.process.stderr is not None
        last = ingest.process.stderr.read().splitlines()[-1]
    assert last.startswith("anlyt: ANLYT_POSTGRES_DSN: the user lacks a right (permission denied for table ")
