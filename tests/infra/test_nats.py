from pathlib import Path

import pytest

from infra.embedded.nats import nats_server
from infra.nats import connect

pytestmark = pytest.mark.anyio


async def test_a_client_closes_without_its_server(tmp_path: Path) -> None:
    """What it could not send any more is no error: messages that are not acknowledged are delivered again."""
    async with nats_server(tmp_path) as server, connect(server.url) as client:
        await server.stop()
        await client.publish("some.subject", b"waits for a connection")
    assert client.is_closed
