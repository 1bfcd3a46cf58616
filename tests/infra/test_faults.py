"""Configuration faults with real engines: the setting, the problem, and the engine's reason."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import asyncpg
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError
from nats.errors import AuthorizationError
from obstore.exceptions import GenericError, PermissionDeniedError

from infra import clickhouse, nats
from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.nats import nats_server
from infra.embedded.postgres import postgres_server
from infra.errors import DependencyUnavailableError, MisconfiguredError, UsageError
from infra.faults import connection_fault, fault_of
from infra.postgres import as_unavailable, is_unavailable, open_pool
from infra.probes import check_nats
from infra.s3 import from_dsn, open_store

pytestmark = pytest.mark.anyio

ACCESS: Final = """
host    all  anlyt  127.0.0.1/32  trust
host    all  pw     127.0.0.1/32  scram-sha-256
hostssl all  tls    127.0.0.1/32  trust
"""
ACCOUNTS: Final = {
    "plain": {"users": [{"user": "plain", "password": "right"}]},
    "ours": {
        "jetstream": True,
        "users": [
            {"user": "ours", "password": "right"},
            {"user": "mute", "password": "right", "permissions": {"publish": {"deny": ["$JS.API.>"]}}},
        ],
    },
}


@pytest.fixture(scope="module")
async def at(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SimpleNamespace]:
    """The ports of engines that require credentials, and of a server with another protocol."""
    folder = tmp_path_factory.mktemp("engines")
    access = folder / "access"
    access.write_text(ACCESS)
    async with AsyncExitStack() as opened:
        postgres = await opened.enter_async_context(
            postgres_server(folder / "postgres", settings={"hba_file": str(access)})
        )
        server = await opened.enter_async_context(nats_server(folder / "nats", settings={"accounts": ACCOUNTS}))
        warehouse = await opened.enter_async_context(clickhouse_server(folder / "clickhouse"))
        other = await opened.enter_async_context(await asyncio.start_server(_not_found, "127.0.0.1", 0))
        connection = await asyncpg.connect(postgres.dsn)
        await connection.execute("create role pw login password 'right'; create role tls login; create schema anlyt")
        await connection.execute("create table anlyt.secrets (a int); grant usage on schema anlyt to pw")
        await connection.close()
        yield SimpleNamespace(
            postgres=postgres.port, nats=server.port, clickhouse=warehouse.port, other=other.sockets[0].getsockname()[1]
        )


async def _not_found(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A foreign HTTP server: answers 404."""
    await reader.read(100)
    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nConnection: close\r\n\r\nnope\n")
    writer.close()


async def use_postgres(dsn: str, sql: str = "select 1", setting: str = "ANLYT_POSTGRES_DSN") -> None:
    async with open_pool(dsn, size=1, setting=setting) as pool:
        with as_unavailable():
            await pool.execute(sql)


async def use_nats(url: str) -> None:
    async with nats.connect(url) as client:
        await client.jetstream().account_info()


async def use_clickhouse(dsn: str, sql: str = "select 1") -> None:
    async with clickhouse.connect(dsn) as client:
        await client.query(sql)


Use = Callable[..., Awaitable[None]]
POSTGRES, CLICKHOUSE, NATS = "ANLYT_POSTGRES_DSN", "ANLYT_CLICKHOUSE_DSN", "ANLYT_NATS_URL"
FAULTS: Final[Mapping[str, tuple[Use, str, str]]] = {
    "postgresql://pw:wrong@127.0.0.1:{postgres}/anlyt": (
        use_postgres,
        POSTGRES,
        'the user or the password is refused (password authentication failed for user "pw")',
    ),
    "postgresql://nobody@127.0.0.1:{postgres}/anlyt": (use_postgres, POSTGRES, "refused (no pg_hba.conf entry"),
    "postgresql://tls@127.0.0.1:{postgres}/anlyt": (use_postgres, POSTGRES, "no encryption)"),
    "postgresql://anlyt@127.0.0.1:{postgres}/mine": (
        use_postgres,
        POSTGRES,
        'there is no such database (database "mine" does not exist). Name the right one',
    ),
    "postgresql://anlyt@127.0.0.1:{postgres}/anlyt?sslmode=require": (use_postgres, POSTGRES, "or it has no TLS"),
    "postgresql://anlyt@127.0.0.1:{postgres}/anlyt?sslmode=wrong": (use_postgres, POSTGRES, "must be one of"),
    "postgresql://anlyt@127.0.0.1:{postgres}/anlyt?wrong=1": (use_postgres, POSTGRES, 'parameter "wrong"'),
    "postgresql://anlyt@127.0.0.1:{nats}/anlyt": (use_postgres, POSTGRES, "no PostgreSQL answers"),
    "postgresql://anlyt@127.0.0.1:{other}/anlyt": (use_postgres, POSTGRES, "no PostgreSQL answers"),
    "postgresql://anlyt@127.0.0.1:{postgres}/anlyt#unmigrated": (
        partial(use_postgres, sql="select 1 from anlyt.metrics_hourly"),
        POSTGRES,
        'not migrated to this version (relation "anlyt.metrics_hourly" does not exist). Run `anlyt migrate` first.',
    ),
    "postgresql://pw:right@127.0.0.1:{postgres}/anlyt": (
        partial(use_postgres, sql="select 1 from anlyt.secrets"),
        POSTGRES,
        "the user lacks a right (permission denied for table secrets)",
    ),
    "postgresql://anlyt@127.0.0.1:{postgres}/replica": (
        partial(use_postgres, setting="ANLYT_POSTGRES_READ_DSN"),
        "ANLYT_POSTGRES_READ_DSN",
        "there is no such database",
    ),
    "nats://ours:wrong@127.0.0.1:{nats}": (use_nats, NATS, "refused (nats: 'Authorization Violation')"),
    "nats://127.0.0.1:{nats}": (use_nats, NATS, "the user or the password is refused"),
    "nats://plain:right@127.0.0.1:{nats}": (use_nats, NATS, "the account has no JetStream (JetStream not enabled"),
    "tls://ours:right@127.0.0.1:{nats}": (use_nats, NATS, "TLS fails (the server has none)"),
    "http://127.0.0.1:{clickhouse}/mine": (use_clickhouse, CLICKHOUSE, "(Database mine does not exist)"),
    "http://127.0.0.1:{clickhouse}/anlyt": (
        partial(use_clickhouse, sql="select * from anlyt.facts_dlr"),
        CLICKHOUSE,
        "the database is not migrated to this version (Unknown table expression identifier 'anlyt.facts_dlr'",
    ),
    "https://127.0.0.1:{clickhouse}/anlyt": (use_clickhouse, CLICKHOUSE, "TLS fails ("),
    "http://127.0.0.1:{nats}/anlyt": (use_clickhouse, CLICKHOUSE, "another program"),
    "http://127.0.0.1:{other}/anlyt": (use_clickhouse, CLICKHOUSE, "another program"),
}


@pytest.mark.parametrize("url", FAULTS)
async def test_a_fault_names_its_setting(at: SimpleNamespace, url: str) -> None:
    use, setting, sentence = FAULTS[url]
    with pytest.raises(Exception) as raised:  # any error: fault_of is tested
        await use(url.partition("#")[0].format(**vars(at)))
    fault = fault_of(raised.value)
    assert fault is not None, repr(raised.value)
    assert fault.setting == setting
    assert str(fault).startswith(f"{setting}: {fault.problem}")
    assert sentence in str(fault)
    assert "right" not in fault.problem.replace("lacks a right", "")
    assert "127.0.0.1" not in fault.problem


ABSENCES: Final[Mapping[str, Use]] = {
    "postgresql://anlyt@127.0.0.1:1/anlyt": use_postgres,
    "postgresql://anlyt@nowhere.invalid/anlyt": use_postgres,
    "nats://127.0.0.1:1": use_nats,
    "nats://nowhere.invalid": use_nats,
    "http://127.0.0.1:1/anlyt": use_clickhouse,
    "http://nowhere.invalid/anlyt": use_clickhouse,
}


@pytest.mark.parametrize("url", ABSENCES)
async def test_an_absence_is_none(url: str) -> None:
    """A host that does not resolve is no fault either: in Kubernetes, a service without instances has no address."""
    with pytest.raises(DependencyUnavailableError) as raised:
        await ABSENCES[url](url)
    assert not isinstance(raised.value, MisconfiguredError)
    assert fault_of(raised.value) is None


@pytest.mark.parametrize("user", ["ours:wrong", "plain:right", "mute:right"])
async def test_readiness_of_nats_sees_more_than_a_greeting(at: SimpleNamespace, user: str) -> None:
    await check_nats(f"nats://ours:right@127.0.0.1:{at.nats}")
    with pytest.raises(Exception) as raised:
        await check_nats(f"nats://{user}@127.0.0.1:{at.nats}")
    fault = fault_of(raised.value)
    assert fault is not None
    assert fault.setting == NATS


async def test_a_right_that_is_denied_later_is_heard(at: SimpleNamespace) -> None:
    async with nats.connect(f"nats://mute:right@127.0.0.1:{at.nats}") as client, asyncio.timeout(30):
        await client.publish("$JS.API.INFO", b"")
        with pytest.raises(MisconfiguredError, match="ANLYT_NATS_URL: the user lacks a right"):
            await client.wait_for_fault()


async def test_a_bucket_that_is_not_there(tmp_path: Path) -> None:
    from infra.embedded.s3 import s3_server

    async with s3_server(tmp_path) as server:
        store = open_store(replace(from_dsn(server.dsn), bucket="mine"))
        with pytest.raises(Exception) as raised:
            await store.put_async("object", b"content")
    fault = fault_of(raised.value)
    assert fault is not None
    assert (fault.setting, fault.problem) == ("ANLYT_S3_BUCKET", "there is no such bucket")


def _clickhouse(code: int, text: str) -> DatabaseError:
    return DatabaseError(
        f"Received ClickHouse exception, code: {code}, server response: Code: {code}. {text}", code=code
    )


@pytest.mark.parametrize(
    ("error", "setting"),
    [
        # Errors that chDB, which has no users, never raises; and further errors with which S3 refuses keys.
        (_clickhouse(516, "DB::Exception: anlyt: Authentication failed: password is incorrect."), CLICKHOUSE),
        (_clickhouse(497, "DB::Exception: anlyt: Not enough privileges. To execute this query"), CLICKHOUSE),
        (_clickhouse(164, "DB::Exception: anlyt: Cannot execute query in readonly mode."), CLICKHOUSE),
        (_clickhouse(499, "DB::Exception: Message: InvalidAccessKeyId, bucket anlyt"), "ANLYT_S3_ACCESS_KEY"),
        (_clickhouse(499, "DB::Exception: The specified bucket does not exist. NoSuchBucket"), "ANLYT_S3_BUCKET"),
        (PermissionDeniedError("403"), "ANLYT_S3_ACCESS_KEY"),
        (GenericError("<Error><Code>SignatureDoesNotMatch</Code>"), "ANLYT_S3_ACCESS_KEY"),
        (AuthorizationError(), NATS),
    ],
)
def test_errors_that_embedded_engines_do_not_have(error: Exception, setting: str) -> None:
    outer = RuntimeError("a dataset failed")
    outer.__cause__ = error
    found = fault_of(ExceptionGroup("several", [outer]))
    assert found is not None
    assert found.setting == setting


def _explained() -> UsageError:
    """A UsageError, which explains the failure itself."""
    error = UsageError("billing.daily_totals is not there.")
    error.__cause__ = asyncpg.UndefinedTableError()
    return error


@pytest.mark.parametrize(
    "error",
    [
        _explained(),
        _clickhouse(159, "DB::Exception: Timeout exceeded"),
        _clickhouse(202, "DB::Exception: Too many simultaneous queries"),
        _clickhouse(499, "DB::Exception: Message: Poco::Exception. Connection refused"),
        OperationalError("Network Error: Server disconnected"),
        asyncpg.DiskFullError("No space left on device"),
        asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        TimeoutError(),
        ssl.SSLError("of a connection that breaks later"),
    ],
)
def test_what_may_pass_is_no_fault(error: Exception) -> None:
    assert fault_of(error) is None


async def test_a_value_that_the_sentence_would_show_is_cut(at: SimpleNamespace) -> None:
    text: Any = "x" * 10_000
    assert len(str(fault_of(asyncpg.InvalidCatalogNameError(text)))) < 500


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(b"E\x00\x00\x00\x05\x00", "error response during SSL exchange", id="stopping or overloaded"),
        pytest.param(b"", "unexpected connection_lost", id="a proxy without its server"),
    ],
)
async def test_no_answer_to_the_request_for_tls_is_an_outage(answer: bytes, message: str) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # SSLRequest
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(OSError, match=message) as caught:
            await asyncpg.connect(f"postgresql://anlyt@127.0.0.1:{port}/anlyt")
    assert connection_fault(caught.value, POSTGRES) is None
    assert is_unavailable(caught.value)
