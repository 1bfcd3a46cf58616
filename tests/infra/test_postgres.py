"""PostgreSQL: which errors mean that it is unavailable, and connections to one of several hosts."""

import socket
from collections.abc import Iterator

import asyncpg
import pytest

from infra.embedded.engine import Engine
from infra.postgres import connect, is_unavailable


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.AdminShutdownError(),
        asyncpg.ConnectionDoesNotExistError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_it_is_away(error: Exception) -> None:
    assert is_unavailable(error)


@pytest.mark.parametrize(
    "error",
    [asyncpg.UndefinedTableError(), asyncpg.DataError(), ValueError()],
    ids=lambda error: type(error).__name__,
)
def test_it_is_there_and_refuses(error: Exception) -> None:
    assert not is_unavailable(error)


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that accepts connections and never answers, as a frozen one."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.anyio
async def test_a_silent_host_does_not_hide_the_next_one(postgres: Engine, silent: int) -> None:
    hosts = f"127.0.0.1:{silent},127.0.0.1:1,127.0.0.1:{postgres.port}"
    connection = await connect(f"postgresql://anlyt@{hosts}/anlyt?target_session_attrs=primary", application="test")
    assert await connection.fetchval("select not pg_is_in_recovery()")
    await connection.close()


@pytest.mark.anyio
async def test_no_host_fits(postgres: Engine) -> None:
    hosts = f"127.0.0.1:1,127.0.0.1:{postgres.port}"
    with pytest.raises(asyncpg.TargetServerAttributeNotMatched) as raised:
        await connect(f"postgresql://anlyt@{hosts}/anlyt?target_session_attrs=standby", application="test")
    assert is_unavailable(raised.value)
