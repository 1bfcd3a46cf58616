"""Reads the transparency log's tree from PostgreSQL."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from infra.postgres import Connection
from infra.sql import statement
from schema.tlog.merkle import EMPTY, Hash, Span, consistency_spans, inclusion_spans
from schema.tlog.tiles import Reader, Tile, needed

_SQL: Final = Path(__file__).parent / "sql"
_HASHES: Final = statement(_SQL, "hashes")
_LEAF_HASHES: Final = statement(_SQL, "leaf_hashes")
_NEWEST_SIGNED: Final = statement(_SQL, "newest_signed")
_NEWEST_PUBLISHED: Final = statement(_SQL, "newest_published")


class BrokenLogError(Exception):
    """A tile that the log must have is not there, or not whole."""


class SignedCheckpoint(NamedTuple):
    """A checkpoint that was stored: its size, and its signed note."""

    size: int
    note: str


async def newest_signed(connection: Connection) -> SignedCheckpoint | None:
    """The newest checkpoint that the log has signed; None while there is none."""
    row = await connection.fetchrow(_NEWEST_SIGNED)
    return SignedCheckpoint(**row) if row else None


async def newest_published(connection: Connection) -> SignedCheckpoint | None:
    """The newest checkpoint that enough witnesses have signed, too; None while there is none."""
    row = await connection.fetchrow(_NEWEST_PUBLISHED)
    return SignedCheckpoint(**row) if row else None


async def tile_hashes(connection: Connection, tile: Tile) -> Sequence[Hash]:
    """The hashes of a tile. Raises BrokenLogError if the log does not have all of them."""
    bounds = tile.first, tile.first + tile.width
    if tile.level == 0:
        rows = await connection.fetch(_LEAF_HASHES, *bounds)
    else:
        rows = await connection.fetch(_HASHES, tile.level, *bounds)
    if len(rows) != tile.width:
        raise BrokenLogError(f"the log has {len(rows)} of the {tile.width} hashes of tile {tile.path}")
    return [row["hash"] for row in rows]


async def root_of(connection: Connection, size: int) -> Hash:
    """The root of the tree over the first `size` entries."""
    if size == 0:
        return EMPTY
    whole = Span(0, size)
    return (await _reader(connection, [whole], size)).span(whole)


async def inclusion_proof(connection: Connection, number: int, size: int) -> Sequence[Hash]:
    """The proof that entry `number` is in the tree of `size` entries."""
    spans = inclusion_spans(number, size)
    return (await _reader(connection, spans, size)).proof(spans)


async def consistency_proof(connection: Connection, old: int, size: int) -> Sequence[Hash]:
    """The proof that the tree of `size` entries begins with that of `old` entries."""
    spans = consistency_spans(old, size)
    return (await _reader(connection, spans, size)).proof(spans)


async def _reader(connection: Connection, spans: Sequence[Span], size: int) -> Reader:
    return Reader(size, {tile: await tile_hashes(connection, tile) for tile in needed(spans, size)})
