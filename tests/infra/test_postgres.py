"""The errors of asyncpg that mean that PostgreSQL is unavailable."""

import asyncpg
import pytest

from infra.postgres import is_unavailable


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
