from collections.abc import AsyncIterator

import pytest

from tests.support.watched import Watched, watched


@pytest.fixture(scope="module")
async def service(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    async with watched(tmp_path_factory.mktemp("watched")) as found:
        yield found
