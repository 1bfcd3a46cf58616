"""Real engines, one of each for a whole session; a test that stops or kills one starts its own."""

from collections.abc import AsyncIterator

import pytest

from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from infra.embedded.postgres import postgres_server


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
async def nats(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    async with nats_server(tmp_path_factory.mktemp("nats")) as engine:
        yield engine


@pytest.fixture(scope="session")
async def postgres(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    async with postgres_server(tmp_path_factory.mktemp("postgres")) as engine:
        yield engine


@pytest.fixture(scope="session")
async def clickhouse(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    async with clickhouse_server(tmp_path_factory.mktemp("clickhouse")) as engine:
        yield engine
