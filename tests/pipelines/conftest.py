from collections.abc import AsyncIterator

import pytest

from infra.endpoints import Engines
from pipelines.stores import Stores, open_stores
from tests.support.fixtures import database, facts, server, template, warehouse

__all__ = ["database", "facts", "server", "template", "warehouse"]


@pytest.fixture
async def stores(database: str, warehouse: str) -> AsyncIterator[Stores]:
    """An empty database and empty tables; no NATS."""
    async with open_stores(Engines("nats://127.0.0.1:1", database, warehouse)) as opened:
        yield opened
