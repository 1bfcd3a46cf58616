"""Evidence that a tenant's facts are unchanged since their days were closed: leaves, and the links over them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

from asyncpg import Record
from msgspec import Meta, Struct

from graph.audit.tlog import AuditLogProof, log_proof
from graph.postgres import connected, transaction, with_deadline
from infra.postgres import Pool
from infra.sql import statement as sql
from schema.instants import AwareTime
from schema.integrity import unpacked_path

_SQL: Final = Path(__file__).parent / "sql"
_LEAVES: Final = sql(_SQL, "leaves_of_tenant")
_LINKS: Final = sql(_SQL, "links_from")
_CLOSED: Final = sql(_SQL, "closed_until")
# One snapshot of the chain, as it grows meanwhile.
_SNAPSHOT: Final = "begin isolation level repeatable read read only"
MICROSECOND: Final = timedelta(microseconds=1)


class AuditLeaf(Struct, frozen=True, kw_only=True, rename="camel"):
    """A leaf: the tenant's facts of a day whose events the stream had stored before a time."""

    day: Annotated[date, Meta(description="The UTC day.")]
    number: Annotated[int, Meta(description="1 for the tenant's first leaf, 2 for its second, and so on.")]
    link: Annotated[int, Meta(description="The link that the leaf belongs to.")]
    stored_before: Annotated[AwareTime, Meta(description="The leaf covers facts whose `storedAt` is before this.")]
    facts: Annotated[int, Meta(ge=0, description="The number of facts.")]
    digest: Annotated[str, Meta(description="SHA-256 over the hashes of the facts, in the order of the answer.")]
    path: Annotated[
        Sequence[str],
        Meta(
            description="The path from the leaf to the link's root: per step the sibling's side (L or R) and its hash."
        ),
    ]


class AuditLink(Struct, frozen=True, kw_only=True, rename="camel"):
    """A link of the chain. It closes a day, or amends a closed day after late facts."""

    number: Annotated[int, Meta(description="1 for the first link of the chain, and so on.")]
    day: Annotated[date, Meta(description="The UTC day.")]
    amends: Annotated[
        int | None, Meta(description="The previous link of the same day; null: this link closed the day.")
    ]
    stored_before: Annotated[AwareTime, Meta(description="The `storedBefore` of its leaves.")]
    leaves: Annotated[int, Meta(description="The number of its leaves, one per tenant.")]
    facts: Annotated[int, Meta(description="The number of facts that its leaves cover.")]
    root: Annotated[str, Meta(description="The root of the Merkle tree of its leaves.")]
    previous: Annotated[str, Meta(description="The hash of the previous link; zeros in the first link.")]
    hash: Annotated[str, Meta(description="The hash of all of these fields.")]


class Evidence(Struct, frozen=True, kw_only=True, rename="camel"):
    """The evidence for a tenant's facts of closed days. docs/audit.md has the steps of the check."""

    closed_until: Annotated[
        date | None, Meta(description="The first UTC day that is not closed yet; null: no day is closed.")
    ]
    leaves: Annotated[Sequence[AuditLeaf], Meta(description="The tenant's leaves of the window's days, in order.")]
    links: Annotated[Sequence[AuditLink], Meta(description="The links from the first of these leaves to the newest.")]
    log: Annotated[
        AuditLogProof | None,
        Meta(description="The proof that the links are in the transparency log; null until one of them is."),
    ]


async def evidence(pool: Pool, tenant_id: str, from_: datetime, to: datetime, log_size: int | None = None) -> Evidence:
    """The evidence for the UTC days that a window touches. Raises DependencyUnavailableError.

    `log_size`: the size of an older checkpoint of the log.
    """
    days = from_.astimezone(UTC).date(), (to.astimezone(UTC) - MICROSECOND).date()
    async with (
        with_deadline("integrity_links", pool),
        connected(pool) as connection,
        transaction(connection, _SNAPSHOT),
    ):
        leaves = [_leaf(row) for row in await connection.fetch(_LEAVES, tenant_id, *days)]
        first = min((leaf.link for leaf in leaves), default=None)
        links = await connection.fetch(_LINKS, first)
        closed_until = await connection.fetchval(_CLOSED)
        log = await log_proof(connection, links[0]["number"], log_size) if links else None
    return Evidence(closed_until=closed_until, leaves=leaves, links=[_link(row) for row in links], log=log)


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
