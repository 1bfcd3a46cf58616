"""`anlyt witness`: signs checkpoints of logs that never contradict what it has signed before (C2SP tlog-witness)."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from graph.http.server import serving
from infra.cancelling import until_cancelled
from infra.errors import UsageError
from infra.telemetry import logger
from infra.tlog.keys import read_signers
from schema.tlog.notes import ED25519, NAME, Signer, VerifierKey, parse_key
from schema.tlog.witnessing import ADD_CHECKPOINT, SIZE_TYPE, Seen, decide, parse_request

LONGEST: Final = 64 << 10  # bytes of a request
KEY, STATE, LOCK = "witness.key", "seen.json", "lock"


@dataclass(slots=True)
class Witness:
    """A witness with its state in a folder. `keys`: those of each log that it knows, by origin."""

    folder: Path
    signer: Signer
    keys: Mapping[str, Sequence[VerifierKey]]
    clock: Callable[[], float] = time.time
    seen: dict[str, Seen] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises UsageError if the state cannot be read: without it, a rewritten log would get a signature."""
        try:
            state = json.loads((self.folder / STATE).read_text()) if (self.folder / STATE).exists() else {}
            self.seen = {origin: Seen(each["size"], bytes.fromhex(each["root"])) for origin, each in state.items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise UsageError(f"{self.folder / STATE} cannot be read ({error!r}); restore it from a backup.") from None

    def answer(self, body: bytes) -> tuple[int, str, str]:
        """The status, text and media type for a request. A signature is remembered before it is given."""
        try:
            request = parse_request(body.decode())
        except ValueError as error:
            return 400, f"{error}\n", "text/plain"
        decision = decide(request, self.keys, self.seen)
        if decision.checkpoint is None or decision.note is None:
            logger().warning("checkpoint refused", status=decision.status, why=decision.why)
            return decision.status, f"{decision.why}\n", SIZE_TYPE if decision.status == 409 else "text/plain"
        checkpoint = decision.checkpoint
        self._remember({**self.seen, checkpoint.origin: Seen(checkpoint.size, checkpoint.root)})
        logger().info("checkpoint signed", origin=checkpoint.origin, size=checkpoint.size)
        return 200, self.signer.cosign(decision.note.text, int(self.clock())).line, "text/plain"

    def _remember(self, seen: dict[str, Seen]) -> None:
        """Replaces the state as a whole, on the disk before in memory."""
        state = {origin: {"size": each.size, "root": each.root.hex()} for origin, each in seen.items()}
        write_durably(self.folder / STATE, json.dumps(state).encode())
        self.seen = seen


def write_durably(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replaces a file: after a crash, it has the old or the new content."""
    draft = path.with_suffix(".new")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        os.write(file, content)
        os.fsync(file)
    finally:
        os.close(file)
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def opened(folder: Path, name: str, logs: Sequence[str]) -> Iterator[Witness]:
    """The witness of a folder, which no other process may use. Raises UsageError for wrong arguments."""
    if not NAME.fullmatch(name):
        raise UsageError(f"--name {name} must be a name without spaces and plus signs, such as witness.example.")
    keys = read_keys(logs)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(f"Another witness uses {folder}; stop it first.") from None
        yield Witness(folder, Signer(name, signing_key(folder)), keys)


def read_keys(logs: Sequence[str]) -> Mapping[str, Sequence[VerifierKey]]:
    """The keys of logs by origin. Raises UsageError with what is wrong."""
    keys: dict[str, list[VerifierKey]] = {}
    for text in logs:
        try:
            key = parse_key(text)
        except ValueError as error:
            raise UsageError(f"--log: {error}.") from None
        if key.algorithm != ED25519:
            raise UsageError(f"--log: {key.name} is the key of a witness, not of a log.")
        keys.setdefault(key.name, []).append(key)
    return keys


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The key in the folder; makes one at the first start."""
    path = folder / KEY
    if not path.exists():
        new = Ed25519PrivateKey.generate()
        write_durably(path, new.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    return read_signers("witness", path.read_text(), str(path))[0].key


def application(witness: Witness) -> Starlette:
    """The witness over HTTP."""
    return Starlette(routes=[Route(ADD_CHECKPOINT, partial(_add_checkpoint, witness), methods=["POST"])])


async def _add_checkpoint(witness: Witness, request: HttpRequest) -> Response:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            return PlainTextResponse(f"a request has at most {LONGEST} bytes\n", 413)
    # Without an await between reading and writing the state, requests are answered one after the other.
    status, text, media_type = witness.answer(body)
    return Response(text, status, media_type=media_type)


async def run(folder: Path, name: str, logs: Sequence[str], host: str, port: int) -> None:
    """Serves until cancelled."""
    with opened(folder, name, logs) as witness:
        async with serving(application(witness), host, port, setting="--host and --port") as url:
            click.echo(f"{witness.signer.witness.text}@{url}")
            await until_cancelled()
