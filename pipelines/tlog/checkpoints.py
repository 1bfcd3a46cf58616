"""Signs checkpoints. A checkpoint is stored before anybody sees it, and never contradicts an older one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.sql import statement
from infra.tlog.tree import BrokenLogError, newest_signed, root_of
from pipelines.stores import Stores
from schema.tlog.checkpoints import Checkpoint, parse_checkpoint
from schema.tlog.notes import Signer, parse_note, signed_note

SQL: Final = Path(__file__).parent / "sql"
HEAD: Final = statement(SQL, "head")
ADD_CHECKPOINT: Final = statement(SQL, "add_checkpoint")
SIGNING_KEY: Final = statement(SQL, "signing_key")


class Signed(NamedTuple):
    """The newest checkpoint's size, and why no newer one was signed (empty: there was no reason)."""

    size: int
    refusal: str


async def sign_checkpoint(stores: Stores) -> Signed:
    """Signs and stores the checkpoint of the whole log, unless the log does not begin with the newest older one."""
    async with stores.postgres.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        size: int = await connection.fetchval(HEAD)
        newest = await newest_signed(connection)
        older = parse_checkpoint(parse_note(newest.note).text) if newest else None
        try:
            if older and (size < older.size or await root_of(connection, older.size) != older.root):
                return Signed(older.size, f"the log does not begin with its checkpoint of size {older.size}")
            if size == (older.size if older else 0):
                return Signed(size, "")
            checkpoint = Checkpoint(stores.tlog.origin, size, await root_of(connection, size))
        except BrokenLogError as error:
            return Signed(older.size if older else 0, str(error))
        note = signed_note(checkpoint.text, await signers(stores))
        await connection.execute(ADD_CHECKPOINT, size, str(note))
    return Signed(size, "")


async def signers(stores: Stores) -> Sequence[Signer]:
    """Those of the setting, else that of the key which a migration created."""
    if stores.tlog.signers:
        return stores.tlog.signers
    key = await stores.postgres.fetchval(SIGNING_KEY)
    return [Signer(stores.tlog.origin, Ed25519PrivateKey.from_private_bytes(key))]
