import asyncio
import inspect
import os
import signal
import tomllib
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import ConnectionClosedError, FlushTimeoutError, ProtocolError
from nats.js import JetStreamContext
from nats.protocol.parser import Parser

from infra import nats
from infra.embedded.engine import Engine
from infra.frames import Frame, FrameClient

pytestmark = pytest.mark.anyio

SUBJECT = "some.subject"
TRAPS = [b"", b"\r\n", b"PING\r\n", b"MSG a 1 0\r\n\r\n", b"HMSG a 1 1 9\r\n", b"\r\n\r\n", b"\x00\xff"]


# Private members of nats-py that infra/ uses: their parameters, or the line that sets them.
MEMBERS: Final[Mapping[Callable[..., Any], str]] = {
    Client._flush_pending: "self, force_flush",
    Client._remove_sub: "self, sid, max_msgs",
    Client._send_command: "self, cmd, priority",
    Client.flush: "self, timeout",
    Parser.__init__: "self, nc",
    Parser.parse: "self, data",
    Parser.reset: "self",
}
LINES: Final[Mapping[Callable[..., Any], str]] = {
    Client.__init__: "self._ps: Parser = Parser(self)",
    Client._read_loop: "await self._ps.parse(b)",
    Client._process_connect_init: "self._server_info",
    Subscription.__init__: "self._id = id",
    JetStreamContext.__init__: "self._nc = conn",
}
CHANGED: Final = (
    "nats-py {} has another {}, on which infra/frames.py, nats.py or consumers.py stands: read what changed there."
)


def test_the_library_has_what_we_use_of_its_private_members() -> None:
    """The tests below show that it works. This one names the member that changed when they fail."""
    for member, parameters in MEMBERS.items():
        found = ", ".join(inspect.signature(member).parameters)
        assert found == parameters, CHANGED.format(version("nats-py"), member.__qualname__)
    for member, line in LINES.items():
        assert line in inspect.getsource(member), CHANGED.format(version("nats-py"), member.__qualname__)


def test_the_library_stays_at_its_minor_version() -> None:
    """Private members may change in any minor version; `make lock` may only update the patch version."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    (pin,) = (each for each in project["dependencies"] if each.startswith("nats-py"))
    minor = ".".join(version("nats-py").split(".")[:2])
    assert pin == f"nats-py~={minor}.0", f"pin nats-py~={minor}.0 once infra/frames.py was read against it"


class Recorder(FrameClient):
    """A client without a server. It records the calls of the library's parser."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[object] = []
        self._ps.handlers[b"7"] = self.calls.append

    async def received(self, data: bytes) -> None:
        await self._ps.parse(data)

    def disconnected(self) -> None:
        self._ps.reset()

    async def _process_ping(self) -> None:
        self.calls.append("ping")

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        self.calls.append((sid, Frame(subject, reply, headers or b"", data)))


def wire(number: int, frame: Frame) -> bytes:
    """The bytes of a message, as a server sends it to a subscription."""
    to = b"%b %d%b" % (frame.subject, number, frame.reply and b" " + frame.reply)
    size = len(frame.head) + len(frame.data)
    control = b"HMSG %b %d %d" % (to, len(frame.head), size) if frame.head else b"MSG %b %d" % (to, size)
    return b"%b\r\n%b%b\r\n" % (control, frame.head, frame.data)


payloads = st.sampled_from(TRAPS) | st.binary(max_size=300)
heads = st.just(b"") | payloads.map(lambda value: b"NATS/1.0\r\nA: %b\r\n\r\n" % value)
frames = st.builds(Frame, st.just(b"a.b"), st.sampled_from([b"", b"$JS.ACK.1"]), heads, payloads)
sent = st.lists(st.just("ping") | st.tuples(st.sampled_from([7, 8]), frames), max_size=20)


@given(sent=sent, cuts=st.lists(st.integers(0, 4000)))
async def test_frames_are_the_same_however_they_are_cut(sent: list[str | tuple[int, Frame]], cuts: list[int]) -> None:
    """Messages of subscription 7 are frames, all others go to the library; all in order."""
    data = b"".join(b"PING\r\n" if isinstance(one, str) else wire(*one) for one in sent)
    recorder, places = Recorder(), sorted(min(cut, len(data)) for cut in cuts)
    for begin, end in zip([0, *places], [*places, len(data)], strict=True):
        await recorder.received(data[begin:end])
    assert recorder.calls == [one[1] if isinstance(one, tuple) and one[0] == 7 else one for one in sent]


async def test_half_a_frame_is_forgotten_with_its_connection() -> None:
    recorder = Recorder()
    await recorder.received(b"MSG a 7 500\r\nthe beginning")
    recorder.disconnected()
    await recorder.received(wire(7, Frame(b"a", b"", b"", b"whole")))
    assert recorder.calls == [Frame(b"a", b"", b"", b"whole")]


@pytest.mark.parametrize(
    "line", [b"MSG", b"MSG a 7", b"MSG a 7 -1", b"MSG a 7 x", b"HMSG a 7 reply 1 2 3", b"PONK", b""]
)
async def test_what_is_not_the_protocol_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        await Recorder().received(line + b"\r\n")


async def test_a_frame_says_what_the_library_says(server: Engine) -> None:
    """Compares subject, reply, headers and data of messages from a real server, and its statuses."""
    seed = Random().randrange(10**6)
    print(f"seed {seed}")
    random, frames, read = Random(seed), list[Frame](), list[Msg]()

    async def on_message(message: Msg) -> None:
        read.append(message)

    async with nats.connect(server.url) as client:
        subscription = await client.subscribe_frames(SUBJECT, frames.append)
        await client.subscribe(SUBJECT, cb=on_message)
        for _ in range(300):
            headers = {f"H-{random.randrange(3)}": random.choice(["", "a: b", "é", "x" * 3000]) for _ in range(3)}
            data = random.choice([*TRAPS, random.randbytes(random.randrange(40_000))])
            reply = random.choice(["", "a.reply"])
            await client.publish(SUBJECT, data, reply, random.choice([None, headers]))
        async with asyncio.timeout(60):
            while len(read) < 300:
                await asyncio.sleep(0.01)
        assert [
            (one.subject.decode(), one.reply.decode(), one.headers() or None, one.data, one.header("H-1"))
            for one in frames
        ] == [(one.subject, one.reply, one.headers, one.data, (one.headers or {}).get("H-1")) for one in read]
        await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py leaves this untyped
        await client.publish(SUBJECT, b"not delivered any more")
        await client.flush()
        assert len(frames) == 300
        inbox = client.new_inbox()
        await client.subscribe_frames(inbox, frames.append)
        await client.publish("nobody.listens", b"", inbox)
        await client.flush()
        assert frames[-1].status() == ("503", "")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"", ("", "")),
        (b"NATS/1.0\r\nStatus: 409\r\n\r\n", ("", "")),
        (b"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 1\r\n\r\n", ("100", "Idle Heartbeat")),
        (b"NATS/1.0 503\r\n\r\n", ("503", "")),
    ],
)
def test_a_status_stands_in_the_first_line(head: bytes, status: tuple[str, str]) -> None:
    assert Frame(b"", b"", head, b"").status() == status


async def test_one_payload_goes_to_many_subjects(server: Engine) -> None:
    frames: list[Frame] = []
    async with nats.connect(server.url) as client:
        await client.subscribe_frames("to.>", frames.append)
        await client.publish_all([b"to.%d" % number for number in range(5000)], b"payload")
        await client.publish_all([], b"to nobody")
        await client.publish_all([b"to.the-last"], b"")
        await client.flush()
    assert [one.subject for one in frames] == [*(b"to.%d" % number for number in range(5000)), b"to.the-last"]
    assert {one.data for one in frames[:-1]} == {b"payload"}
    assert frames[-1].data == b""
    with pytest.raises(ConnectionClosedError):
        await client.publish_all([b"to.nobody"], b"")


def frozen(pid: int) -> bool:
    """Whether each of the process's threads is stopped."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return all((thread / "stat").read_text().rpartition(")")[2].split()[0] == "T" for thread in threads)


async def test_a_flush_ends_while_the_server_is_frozen(server: Engine) -> None:
    """Both if the pending bytes fit into the socket's buffers, and if they do not."""
    async with nats.connect(server.url) as client:
        os.kill(server.pid, signal.SIGSTOP)
        try:
            while not frozen(server.pid):  # until then, the server may answer
                await asyncio.sleep(0.01)
            for payload in (b"", bytes(1 << 20)):
                await client.publish_all([b"to.nobody"] * 20, payload)
                with pytest.raises(FlushTimeoutError):
                    await client.flush(timeout=1)
        finally:
            os.kill(server.pid, signal.SIGCONT)
        await client.flush()
