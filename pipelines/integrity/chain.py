"""Reads and extends the hash chain in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final, NamedTuple

from asyncpg import Record

from infra.postgres import Connection, Pool
from infra.sql import statement
from pipelines.integrity.digests import Digest
from schema.integrity import GENESIS, Leaf, Link, merkle_tree, packed_path

SQL: Final = Path(__file__).parent / "sql"
LINKS: Final = statement(SQL, "links")
HEAD: Final = statement(SQL, "head")
NEWEST_CLOSING: Final = statement(SQL, "newest_closing")
STORED_BEFORE: Final = statement(SQL, "stored_before")
LINKS_OF_DAY: Final = statement(SQL, "links_of_day")
LEAVES_OF_LINK: Final = statement(SQL, "leaves_of_link")
LEAF_NUMBERS: Final = statement(SQL, "leaf_numbers")
ADD_LINK: Final = statement(SQL, "add_link")
ADD_LEAVES: Final = statement(SQL, "add_leaves")


class StoredLink(NamedTuple):
    """A link, and the hash that was stored with it."""

    link: Link
    hash: bytes


class StoredLeaf(NamedTuple):
    """A leaf of a link, and the path that was stored with it."""

    tenant_id: str
    number: int
    digest: Digest
    path: bytes

    def of(self, link: Link) -> Leaf:
        return Leaf(self.tenant_id, self.number, link.day, link.stored_before, *self.digest)


class Closing(NamedTuple):
    """The link that closed the newest closed day."""

    number: int
    day: date
    stored_before: datetime


async def links(pool: Pool) -> Sequence[StoredLink]:
    """The whole chain, in order: some 200 bytes per day."""
    return [_stored_link(row) for row in await pool.fetch(LINKS)]


def _stored_link(row: Record) -> StoredLink:
    fields = {name: value for name, value in row.items() if name != "hash"}
    return StoredLink(Link(**fields), row["hash"])


async def leaves(pool: Pool, link: int) -> Sequence[StoredLeaf]:
    """The leaves of a link, in the order of their tree."""
    rows = await pool.fetch(LEAVES_OF_LINK, link)
    return [
        StoredLeaf(row["tenant_id"], row["number"], Digest(row["facts"], row["digest"]), row["path"]) for row in rows
    ]


async def newest_closing(pool: Pool) -> Closing | None:
    """The link that closed the newest closed day; None while no day is closed."""
    row = await pool.fetchrow(NEWEST_CLOSING)
    return Closing(**row) if row else None


async def stored_before(pool: Pool, days: Sequence[date]) -> Mapping[date, datetime]:
    """The time up to which the chain covers each of these days. Days that are not in the chain are left out."""
    return {row["day"]: row["stored_before"] for row in await pool.fetch(STORED_BEFORE, days)}


async def links_of(pool: Pool, day: date) -> Sequence[tuple[int, datetime]]:
    """The number and the covered time of each link of a day, in order."""
    return [(row["number"], row["stored_before"]) for row in await pool.fetch(LINKS_OF_DAY, day)]


async def numbers(pool: Pool, closing: Closing | None) -> Mapping[str, int]:
    """The number of every tenant's newest leaf."""
    rows = await pool.fetch(LEAF_NUMBERS, closing.number if closing else 0)
    return {row["tenant_id"]: row["number"] for row in rows}


class Draft(NamedTuple):
    """The content of the next link."""

    day: date
    amends: int | None
    stored_before: datetime
    leaves: Mapping[str, Digest]


async def append(connection: Connection, draft: Draft, numbers: Mapping[str, int]) -> Link:
    """Appends a link, within the caller's transaction. `numbers`: the number of every tenant's newest leaf.

    Raises asyncpg's UniqueViolationError if another process has appended a link meanwhile.
    """
    head = await connection.fetchrow(HEAD)
    number, previous = (head["number"] + 1, head["hash"]) if head else (1, GENESIS)
    made = [
        Leaf(tenant, numbers.get(tenant, 0) + 1, draft.day, draft.stored_before, *draft.leaves[tenant])
        for tenant in sorted(draft.leaves)
    ]
    tree = merkle_tree([leaf.hash for leaf in made])
    facts = sum(leaf.facts for leaf in made)
    link = Link(number, draft.day, draft.amends, draft.stored_before, len(made), facts, tree.root, previous)
    values = (link.number, link.day, link.amends, link.stored_before, link.leaves, link.facts, link.root, link.previous)
    await connection.execute(ADD_LINK, *values, link.hash)
    columns = (
        [leaf.tenant_id for leaf in made],
        [leaf.number for leaf in made],
        [leaf.facts for leaf in made],
        [leaf.digest for leaf in made],
        [packed_path(path) for path in tree.paths],
    )
    await connection.execute(ADD_LEAVES, link.number, *columns)
    return link
