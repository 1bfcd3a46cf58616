"""Closes a day with a link, or amends it with another one for late facts."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from infra.telemetry import logger
from pipelines.copies.removal import remove_marked_copies
from pipelines.integrity import chain
from pipelines.integrity.chain import Closing, Draft
from pipelines.integrity.days import Due
from pipelines.integrity.differences import Difference, of_facts
from pipelines.integrity.digests import NOTHING, Digest, digests
from pipelines.stores import Stores
from schema.facts import FACTS_COMPLIANCE
from schema.integrity import Link


class ClosedDay(NamedTuple):
    """The result for a day: its new link, or None if there was nothing new, or facts differ from the chain."""

    link: Link | None
    differences: Sequence[Difference] = ()


async def close_day(stores: Stores, task: Due) -> ClosedDay:
    """Closes the day, or amends it if it is closed. Writes a link and its leaves in one transaction.

    First removes facts that are copies of another tenant's: in the chain, they would be evidence.
    """
    await remove_marked_copies(stores, FACTS_COMPLIANCE.name, task.day)
    closing = await chain.newest_closing(stores.postgres)
    if task.amends:
        return await _amend(stores, task, closing)
    by_tenant = await digests(stores.clickhouse, "compliance", task.day, task.cut)
    numbers = await chain.numbers(stores.postgres, closing)
    # Every tenant that ever had a leaf gets one: it proves that a tenant has no fact of this day, too.
    leaves = {tenant: by_tenant.get(tenant, NOTHING) for tenant in numbers.keys() | by_tenant.keys()}
    return await _append(stores, Draft(task.day, None, task.cut, leaves), closing)


async def _amend(stores: Stores, task: Due, closing: Closing | None) -> ClosedDay:
    """Appends leaves for the tenants with late facts; only reports differences if covered facts have changed."""
    known: dict[str, Digest] = {}
    before: Mapping[str, Digest] = {}
    newest = None
    for newest, covered in await chain.links_of(stores.postgres, task.day):
        known |= {leaf.tenant_id: leaf.digest for leaf in await chain.leaves(stores.postgres, newest)}
        before = await digests(stores.clickhouse, "compliance", task.day, covered)
        if differences := list(of_facts(task.day, newest, known, before)):
            return ClosedDay(None, differences)
        if covered >= task.cut:
            return ClosedDay(None)
    now = await digests(stores.clickhouse, "compliance", task.day, task.cut)
    late = {tenant: digest for tenant, digest in now.items() if digest != before.get(tenant)}
    if not late:  # the late facts were copies
        return ClosedDay(None)
    return await _append(stores, Draft(task.day, newest, task.cut, late), closing)


async def _append(stores: Stores, draft: Draft, closing: Closing | None) -> ClosedDay:
    numbers = await chain.numbers(stores.postgres, closing)
    async with stores.postgres.acquire() as connection, connection.transaction():
        link = await chain.append(connection, draft, numbers)
    # Shipped logs are out of PostgreSQL's reach: an attacker who rewrites the chain cannot rewrite them.
    logger().info("integrity link", link=link.number, day=str(link.day), hash=link.hash.hex(), amends=link.amends)
    return ClosedDay(link)
