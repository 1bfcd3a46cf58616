from collections.abc import AsyncIterator

import pytest

from tests.support.monitored_service import MonitoredService, monitored_service


@pytest.fixture(scope="module")
async def service(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MonitoredService]:
    async with monitored_service(tmp_path_factory.mktemp("watched")) as service:
        yield service
