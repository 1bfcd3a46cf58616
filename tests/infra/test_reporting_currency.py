"""A database counts in one currency for ever: that of its first migration."""

import asyncpg
import pytest

from infra.errors import MisconfiguredError
from infra.reporting_currency import check_currency, record_currency
from tests.support.database import connected

pytestmark = pytest.mark.anyio

ANOTHER = r"^ANLYT_REPORTING_CURRENCY: .* another currency \(in AFN, not USD\)\. Set it to AFN\.$"


async def test_a_database_keeps_its_first_currency(database: str) -> None:
    async with connected(database) as connection:
        await connection.execute("delete from anlyt.deployment")  # as after the migrations of a new database
        with pytest.raises(MisconfiguredError, match="anlyt migrate"):
            await check_currency(connection, currency="AFN")
        await record_currency(connection, "AFN")
        await record_currency(connection, "AFN")
        await check_currency(connection, currency="AFN")
        with pytest.raises(MisconfiguredError, match=ANOTHER):
            await record_currency(connection, "USD")
        with pytest.raises(MisconfiguredError, match=ANOTHER):
            await check_currency(connection, currency="USD")


async def test_a_database_without_tables(database: str) -> None:
    async with connected(database) as connection:
        await connection.execute("drop schema anlyt cascade")
        with pytest.raises(asyncpg.UndefinedTableError):
            await check_currency(connection, currency="USD")
