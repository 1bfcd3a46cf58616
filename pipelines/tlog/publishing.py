"""Asks witnesses to sign the newest checkpoint, and publishes it when enough of them have."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import aiohttp

from infra.postgres import Connection
from infra.sql import statement
from infra.telemetry import logger
from infra.tlog.tree import SignedCheckpoint, consistency_proof, newest_signed
from infra.tlog.witnesses import Witness
from pipelines.stores import Stores
from schema.tlog.notes import Note, Signature, parse_note, parse_signatures
from schema.tlog.witnessing import ADD_CHECKPOINT, Request

SQL: Final = Path(__file__).parent / "sql"
COSIGNED: Final = statement(SQL, "cosigned")
NEWEST_COSIGNED: Final = statement(SQL, "newest_cosigned")
ADD_COSIGNATURE: Final = statement(SQL, "add_cosignature")
PUBLISH: Final = statement(SQL, "publish")
PATIENCE: Final = aiohttp.ClientTimeout(total=20)  # seconds for one witness
LONGEST: Final = 100_000  # bytes of an answer


class Published(NamedTuple):
    """How many witnesses have signed the newest checkpoint, and how many are needed."""

    signed: int
    needed: int

    @property
    def is_met(self) -> bool:
        return self.signed >= self.needed


async def publish(stores: Stores) -> Published:
    """Publishes the newest checkpoint if enough witnesses have signed it."""
    log = stores.tlog
    async with stores.postgres.acquire() as connection:
        newest = await newest_signed(connection)
    if newest is None:
        return Published(0, log.needed)
    async with aiohttp.ClientSession(timeout=PATIENCE) as session:
        lines = await asyncio.gather(*(_line(stores, session, witness, newest) for witness in log.witnesses))
    signed = [line for line in lines if line is not None]
    if len(signed) >= log.needed:
        note = parse_note(newest.note)
        whole = Note(note.text, [*note.signatures, *(each for line in signed for each in parse_signatures(line))])
        await stores.postgres.execute(PUBLISH, newest.size, str(whole))
    return Published(len(signed), log.needed)


async def _line(
    stores: Stores, session: aiohttp.ClientSession, witness: Witness, newest: SignedCheckpoint
) -> str | None:
    """A witness's signature of a checkpoint: the stored one, else a new one; None if it gives none."""
    async with stores.postgres.acquire() as connection:
        known: str | None = await connection.fetchval(COSIGNED, witness.key.text, newest.size)
        old: int = await connection.fetchval(NEWEST_COSIGNED, witness.key.text)
    if known is not None:
        return known
    try:
        signature = await _ask(stores, session, witness, newest, old)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        logger().warning(
            "a witness gave no signature", witness=witness.key.name, why=f"{type(error).__name__}: {error}"
        )
        return None
    await stores.postgres.execute(ADD_COSIGNATURE, newest.size, witness.key.text, signature.line)
    return signature.line


async def _ask(
    stores: Stores, session: aiohttp.ClientSession, witness: Witness, newest: SignedCheckpoint, old: int
) -> Signature:
    """Asks once, and once again if the witness has seen another size. Raises ValueError with what it answers."""
    status, text = await _post(stores, session, witness, newest, old)
    if status == 409 and text.strip().isdigit() and old != int(text) <= newest.size:
        status, text = await _post(stores, session, witness, newest, int(text))
    if status != 200:
        raise ValueError(f"{status} {text[:200].strip()}")
    note = Note(parse_note(newest.note).text, parse_signatures(text))
    signature = witness.key.signature_of(note)
    if signature is None:
        raise ValueError("its answer has no valid signature of its key")
    return signature


async def _post(
    stores: Stores, session: aiohttp.ClientSession, witness: Witness, newest: SignedCheckpoint, old: int
) -> tuple[int, str]:
    async with stores.postgres.acquire() as connection:
        body = Request(old, await _proof(connection, old, newest.size), newest.note)
    async with session.post(witness.url + ADD_CHECKPOINT, data=str(body).encode(), allow_redirects=False) as answer:
        return answer.status, (await answer.content.read(LONGEST)).decode("utf-8", "replace")


async def _proof(connection: Connection, old: int, size: int) -> Sequence[bytes]:
    return await consistency_proof(connection, old, size)
