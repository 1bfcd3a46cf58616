import asyncio
from pathlib import Path

import pytest
import uvloop

from infra.embedded.nats import nats_server
from infra.nats import connect

pytestmark = pytest.mark.anyio


async def test_a_client_closes_without_its_server(tmp_path: Path) -> None:
    """What it could not send any more is no error: messages that are not acknowledged are delivered again."""
    async with nats_server(tmp_path) as server, connect(server.url) as client:
        await server.stop()
        await client.publish("some.subject", b"waits for a connection")
    assert client.is_closed


def test_a_client_closes_with_messages_that_its_lost_server_never_got(tmp_path: Path) -> None:
    """With uvloop, as the commands run."""
    uvloop.run(_close_with_messages(tmp_path))


async def _close_with_messages(folder: Path) -> None:
    async with nats_server(folder) as server, connect(server.url) as client:
        await server.kill()
        while client.is_connected:
            await asyncio.sleep(0.01)
        await client.publish("subject", b"message")
