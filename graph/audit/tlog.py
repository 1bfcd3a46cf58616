"""The transparency log on the audit listener: checkpoints and tiles (C2SP tlog-tiles), and proofs of consistency.

None of it has data of a tenant: entries only commit to their content. So it is not logged as an access.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from asyncpg import Record
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from graph.audit.request import MOST_ENTRIES
from graph.errors import NotFoundError
from graph.http.endpoint import HttpEndpoint
from graph.http.parameters import Parameter, read_integer, read_query
from graph.http.responses import json_response
from graph.postgres import connected, transaction, with_deadline
from infra.postgres import Connection, Pool
from infra.sql import statement
from infra.tlog.tree import SignedCheckpoint, consistency_proof, inclusion_proof, newest_published, tile_hashes
from schema.instants import AwareTime
from schema.tlog.entries import Content, Entry
from schema.tlog.tiles import Tile, exists, parse_path

CHECKPOINT_PATH: Final = "/checkpoint"
TILE_PATH: Final = "/tile/{path:path}"
CONSISTENCY_PATH: Final = "/v1/audit/consistency"
SNAPSHOT: Final = "begin isolation level repeatable read read only"
# What a path names never changes: of a partial tile, its width is a part of the path.
IMMUTABLE: Final = {"Cache-Control": "private, max-age=31536000, immutable"}
BRIEFLY: Final = {"Cache-Control": "private, max-age=5"}
SIZE: Final = Parameter(
    "size",
    {"type": "integer", "minimum": 0, "maximum": MOST_ENTRIES, "default": 0},
    "The size of an older checkpoint, with which the log still has to begin.",
)
_SQL: Final = Path(__file__).parent / "sql"
_ENTRIES: Final = statement(_SQL, "log_entries")
_LOGGED_LINK: Final = statement(_SQL, "logged_link")


class Consistency(Struct, frozen=True, kw_only=True, rename="camel"):
    """The proof that the log still begins with what an older checkpoint said. RFC 6962, 2.1.2, has the algorithm."""

    size: Annotated[int, Meta(ge=0, description="The size of the older checkpoint.")]
    checkpoint: Annotated[str, Meta(description="The newest checkpoint, a C2SP signed note.")]
    proof: Annotated[Sequence[str], Meta(description="The hashes of the proof, in hexadecimal.")]


class AuditLogEntry(Struct, frozen=True, kw_only=True, rename="camel"):
    """An entry of the transparency log, with the nonce that shows what it commits to."""

    number: Annotated[int, Meta(ge=0, description="The number of its leaf; 0 for the first.")]
    link: Annotated[int, Meta(description="The link that the entry speaks of.")]
    logged_at: Annotated[AwareTime, Meta(description="When it was appended.")]
    nonce: Annotated[str, Meta(description="The nonce of its commitment, in hexadecimal.")]


class AuditLogProof(Struct, frozen=True, kw_only=True, rename="camel"):
    """The proof that a link, and so each one before it, is in the transparency log."""

    checkpoint: Annotated[str, Meta(description="The newest checkpoint, a C2SP signed note.")]
    entry: Annotated[AuditLogEntry, Meta(description="The entry of the newest of `links` that has one.")]
    proof: Annotated[Sequence[str], Meta(description="The inclusion proof of the entry (RFC 6962, 2.1.1).")]
    consistency: Annotated[
        Sequence[str] | None,
        Meta(description="The consistency proof (RFC 6962, 2.1.2) from `logSize`; null without one."),
    ]


def log_routes(pool: Pool) -> list[Route]:
    """The routes of the log."""
    handlers = {CHECKPOINT_PATH: _checkpoint, TILE_PATH: _tile, CONSISTENCY_PATH: _consistency}
    return [
        Route(path, HttpEndpoint("anlyt.api.audit", "auditLog", partial(handler, pool)), methods=["GET"])
        for path, handler in handlers.items()
    ]


async def _checkpoint(pool: Pool, request: Request) -> Response:
    read_query(request.scope["query_string"], ())
    async with with_deadline("tlog", pool), connected(pool) as connection:
        newest = await _newest(connection)
    return PlainTextResponse(newest.note, headers=BRIEFLY)


async def _tile(pool: Pool, request: Request) -> Response:
    read_query(request.scope["query_string"], ())
    found = parse_path(request.path_params["path"])
    if found is None:
        raise NotFoundError("This is no tile's path, such as /tile/0/000, /tile/0/x001/234.p/56 or /tile/entries/000.")
    async with with_deadline("tlog", pool), connected(pool) as connection:
        size = (await _newest(connection)).size
        if not exists(found.tile, size):
            raise NotFoundError(f"A log of {size} entries does not have this tile.")
        content = await (_bundle if found.is_entries else _hashes)(connection, found.tile)
    return Response(content, headers=IMMUTABLE, media_type="application/octet-stream")


async def _hashes(connection: Connection, tile: Tile) -> bytes:
    return b"".join(await tile_hashes(connection, tile))


async def _bundle(connection: Connection, tile: Tile) -> bytes:
    """The entries of a tile of level 0, each after its length."""
    rows = await connection.fetch(_ENTRIES, tile.first, tile.first + tile.width)
    entries = [_entry(row).encoded for row in rows]
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def _entry(row: Record) -> Entry:
    content = Content(row["kind"], row["subject"], row["tenant_id"], row["day"], row["digest"])
    return Entry(content, row["logged_at"], row["nonce"])


async def _newest(connection: Connection) -> SignedCheckpoint:
    """The newest checkpoint. Raises NotFoundError while there is none."""
    newest = await newest_published(connection)
    if newest is None:
        raise NotFoundError("The log has no checkpoint yet; the pipeline `tlog` signs one every 4 minutes.")
    return newest


async def _consistency(pool: Pool, request: Request) -> Response:
    values = read_query(request.scope["query_string"], [SIZE])
    size = read_integer(SIZE, values)
    async with (
        with_deadline("tlog", pool),
        connected(pool) as connection,
        transaction(connection, SNAPSHOT),
    ):
        newest = await _newest(connection)
        if size > newest.size:
            raise NotFoundError(f"The newest checkpoint has {newest.size} entries, fewer than {size}.")
        proof = await consistency_proof(connection, size, newest.size)
    return json_response(Consistency(size=size, checkpoint=newest.note, proof=[each.hex() for each in proof]))


async def log_proof(connection: Connection, first_link: int, log_size: int | None) -> AuditLogProof | None:
    """The proof for the newest link from `first_link` on that has an entry under the newest checkpoint, if any has.

    `log_size`: of an older checkpoint; a size that the log never had gets no consistency proof.
    """
    newest = await newest_published(connection)
    row = await connection.fetchrow(_LOGGED_LINK, first_link, newest.size) if newest else None
    if newest is None or row is None:
        return None
    proof = await inclusion_proof(connection, row["number"], newest.size)
    older = None
    if log_size is not None and log_size <= newest.size:
        older = await consistency_proof(connection, log_size, newest.size)
    return AuditLogProof(
        checkpoint=newest.note,
        entry=AuditLogEntry(
            number=row["number"], link=row["link"], logged_at=row["logged_at"], nonce=row["nonce"].hex()
        ),
        proof=[each.hex() for each in proof],
        consistency=None if older is None else [each.hex() for each in older],
    )
