from pathlib import Path

import nats as client
import pytest

from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server

pytestmark = pytest.mark.anyio


async def test_the_fixture_is_a_jetstream(nats: Engine) -> None:
    async with await client.connect(nats.url) as connection:
        assert (await connection.jetstream().account_info()).streams >= 0


async def test_streams_and_messages_survive_a_kill(tmp_path: Path) -> None:
    async with nats_server(tmp_path) as engine:
        async with await client.connect(engine.url) as connection:
            stream = connection.jetstream()
            await stream.add_stream(name="KEPT", subjects=["kept"])
            acks = [await stream.publish("kept", b"%d" % number) for number in range(100)]
        await engine.kill()
        await engine.start()
        async with await client.connect(engine.url) as connection:
            info = await connection.jetstream().stream_info("KEPT")
            assert (info.state.messages, info.state.last_seq) == (100, acks[-1].seq)
        await engine.stop()
        await engine.start()
        async with await client.connect(engine.url) as connection:
            message = await connection.jetstream().get_msg("KEPT", 100)
            assert message.data == b"99"


async def test_large_events_are_let_through(nats: Engine) -> None:
    async with await client.connect(nats.url) as connection:
        await connection.publish("large", bytes(10_000_000))
        await connection.flush()


async def test_settings(tmp_path: Path) -> None:
    async with (
        nats_server(tmp_path, settings={"max_payload": 1000}) as engine,
        await client.connect(engine.url) as connection,
    ):
        assert connection.max_payload == 1000


async def test_a_clean_stop_is_a_success(tmp_path: Path) -> None:
    async with nats_server(tmp_path) as engine:
        await engine.stop()
        assert "ended with exit status 0." in await engine.exited()
