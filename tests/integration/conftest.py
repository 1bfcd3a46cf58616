from collections.abc import AsyncIterator

import pytest

from tests.support.api import Api, open_api
from tests.support.fixtures import database, facts, platform, server, shared_platform, stores, template, warehouse
from tests.support.generous_deadlines import generous_deadlines
from tests.support.platform import Platform

__all__ = [
    "database",
    "facts",
    "generous_deadlines",
    "platform",
    "server",
    "shared_platform",
    "stores",
    "template",
    "warehouse",
]


@pytest.fixture
async def api(shared_platform: Platform) -> AsyncIterator[Api]:
    """A client of the API over the module's platform."""
    async with open_api(shared_platform.dsn) as opened:
        yield opened
