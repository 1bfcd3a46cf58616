"""Evidence that a tenant's facts are what they were when their days were closed: its leaves, and links over them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

from asyncpg import Record
from msgspec import Meta, Struct

from graph.postgres import connected, transaction, with_deadline
from infra.postgres import Pool
from infra.sql import statement as sql
from schema.integrity import unpacked_path

_SQL: Final = Path(__file__).parent / "sql"
_LEAVES: Final = sql(_SQL, "leaves_of_tenant")
_LINKS: Final = sql(_SQL, "links_from")
_CLOSED: Final = sql(_SQL, "closed_until")
# The chain as it is at one moment, while it grows.
_SNAPSHOT: Final = "begin isolation level repeatable read read only"
MOMENT: Final = timedelta(microseconds=1)


class AuditLeaf(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the tenant had of a day: the facts whose events the stream had stored by an instant."""

    day: Annotated[date, Meta(description="The UTC day.")]
    number: Annotated[int, Meta(description="1 for the tenant's first leaf, 2 for its second, and so on.")]
    link: Annotated[int, Meta(description="The link that the leaf belongs to.")]
    stored_before: Annotated[datetime, Meta(description="It is over facts whose `storedAt` is before this.")]
    facts: Annotated[int, Meta(ge=0, description="How many.")]
    digest: Annotated[str, Meta(description="SHA-256 over the hashes of the facts, in the order of the answer.")]
    path: Annotated[
        Sequence[str],
        Meta(description="The way from the leaf to the link's root: L or R, where the sibling is, then its hash."),
    ]


class AuditLink(Struct, frozen=True, kw_only=True, rename="camel"):
    """A link of the chain: the closing of a day, or, if it amends another, what late facts made of a closed day."""

    number: Annotated[int, Meta(description="1 for the first link of the chain, and so on.")]
    day: Annotated[date, Meta(description="The UTC day.")]
    amends: Annotated[int | None, Meta(description="The link about the same day before; null: this one closed it.")]
    stored_before: Annotated[datetime, Meta(description="As of its leaves.")]
    leaves: Annotated[int, Meta(description="How many leaves it has, one of a tenant each.")]
    facts: Annotated[int, Meta(description="How many facts they are over.")]
    root: Annotated[str, Meta(description="Of the Merkle tree of its leaves.")]
    previous: Annotated[str, Meta(description="The hash of the link before; zeros of the first one.")]
    hash: Annotated[str, Meta(description="Of all of this.")]


class Evidence(Struct, frozen=True, kw_only=True, rename="camel"):
    """What proves a tenant's facts of closed days; docs/audit.md has the steps."""

    closed_until: Annotated[date | None, Meta(description="The first UTC day that is not closed yet; null: none is.")]
    leaves: Annotated[Sequence[AuditLeaf], Meta(description="The tenant's, of the window's days, in order.")]
    links: Annotated[Sequence[AuditLink], Meta(description="From the first of these leaves' links to the newest.")]


async def evidence(pool: Pool, tenant_id: str, from_: datetime, to: datetime) -> Evidence:
    """Of the UTC days that a window touches; DependencyUnavailableError."""
    days = from_.astimezone(UTC).date(), (to.astimezone(UTC) - MOMENT).date()
    async with (
        with_deadline("integrity_links", pool),
        connected(pool) as connection,
        transaction(connection, _SNAPSHOT),
    ):
        leaves = [_leaf(row) for row in await connection.fetch(_LEAVES, tenant_id, *days)]
        first = min((leaf.link for leaf in leaves), default=None)
        links = await connection.fetch(_LINKS, first)
        closed_until = await connection.fetchval(_CLOSED)
    return Evidence(closed_until=closed_until, leaves=leaves, links=[_link(row) for row in links])


def _leaf(row: Record) -> AuditLeaf:
    return AuditLeaf(
        day=row["day"],
        number=row["number"],
        link=row["link"],
        stored_before=row["stored_before"],
        facts=row["facts"],
        digest=row["digest"].hex(),
        path=[f"{chr(step[0])}{step[1:].hex()}" for step in unpacked_path(row["path"])],
    )


def _link(row: Record) -> AuditLink:
    hashes = {name: row[name].hex() for name in ("root", "previous", "hash")}
    return AuditLink(**{**row, **hashes})
