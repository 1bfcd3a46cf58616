"""Fixtures with real engines, which the conftest.py of other folders import."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from infra.endpoints import Engines
from pipelines.stores import Stores, open_stores
from tests.support.database import fresh_database, make_template
from tests.support.platform import Platform, open_platform
from tests.support.warehouse import empty_clickhouse


@pytest.fixture(scope="session")
async def template(postgres: Engine) -> Engine:
    """PostgreSQL with a migrated template database."""
    await make_template(postgres)
    return postgres


@pytest.fixture
async def database(template: Engine) -> AsyncIterator[str]:
    """The DSN of a migrated, empty database."""
    async with fresh_database(template) as dsn:
        yield dsn


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Engine]:
    """A NATS server per test."""
    async with nats_server(tmp_path / "nats") as engine:
        yield engine


@pytest.fixture
async def platform(database: str, server: Engine) -> AsyncIterator[Platform]:
    """A platform with empty streams and an empty database."""
    async with open_platform(server.url, database) as opened:
        yield opened


@pytest.fixture(scope="module")
async def shared_platform(template: Engine, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """One platform for all tests of a module, which only read what the module has filled in."""
    async with (
        nats_server(tmp_path_factory.mktemp("nats")) as server,
        fresh_database(template) as dsn,
        open_platform(server.url, dsn) as opened,
    ):
        yield opened


@pytest.fixture
async def warehouse(clickhouse: Engine) -> str:
    """The DSN of a migrated ClickHouse with empty tables."""
    await empty_clickhouse(clickhouse.dsn)
    return clickhouse.dsn


@pytest.fixture
async def facts(warehouse: str, server: Engine) -> AsyncIterator[Platform]:
    """A platform with empty streams and empty fact tables, without PostgreSQL."""
    async with open_platform(server.url, clickhouse=warehouse) as opened:
        yield opened


@pytest.fixture
async def stores(database: str, warehouse: str) -> AsyncIterator[Stores]:
    """The stores of a pipeline: an empty database and empty ClickHouse tables, without NATS."""
    async with open_stores(Engines("nats://127.0.0.1:1", database, warehouse)) as opened:
        yield opened
