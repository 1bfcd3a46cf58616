"""How a day gets a link."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from infra.telemetry import logger
from pipelines.copies.removal import settle
from pipelines.integrity import chain
from pipelines.integrity.chain import Closing, Draft
from pipelines.integrity.days import Due
from pipelines.integrity.differences import Difference, of_facts
from pipelines.integrity.digests import NOTHING, Digest, digests
from pipelines.stores import Stores
from schema.facts import FACTS_COMPLIANCE
from schema.integrity import Link


class ClosedDay(NamedTuple):
    """A link that was made; none where nothing new was found, or something is not what it should be."""

    link: Link | None
    differences: Sequence[Difference] = ()


async def close_day(stores: Stores, task: Due) -> ClosedDay:
    """Closes the day, or amends what the chain has of it. A link and its leaves are there as a whole or not at all.

    Facts that are copies of another tenant's are removed first: later, they would be evidence.
    """
    await settle(stores, FACTS_COMPLIANCE.name, task.day)
    closing = await chain.newest_closing(stores.postgres)
    if task.amends:
        assert closing is not None
        return await _amend(stores, task, closing)
    found = await digests(stores.clickhouse, task.day, task.cut)
    numbers = await chain.numbers(stores.postgres, closing)
    # Every tenant that was ever seen: that it has nothing of this day is proved, too.
    leaves = {tenant: found.get(tenant, NOTHING) for tenant in numbers.keys() | found.keys()}
    return await _append(stores, Draft(task.day, None, task.cut, leaves), closing)


async def _amend(stores: Stores, task: Due, closing: Closing) -> ClosedDay:
    """Leaves for the tenants that have late facts; but none while what the chain has of the day is not as it was."""
    known: dict[str, Digest] = {}
    before: Mapping[str, Digest] = {}
    newest = None
    for newest, covered in await chain.links_of(stores.postgres, task.day):
        known |= {leaf.tenant_id: leaf.digest for leaf in await chain.leaves(stores.postgres, newest)}
        before = await digests(stores.clickhouse, task.day, covered)
        if differences := list(of_facts(task.day, newest, known, before)):
            return ClosedDay(None, differences)
        if covered >= task.cut:
            return ClosedDay(None)
    now = await digests(stores.clickhouse, task.day, task.cut)
    late = {tenant: found for tenant, found in now.items() if found != before.get(tenant)}
    if not late:  # copies only
        return ClosedDay(None)
    return await _append(stores, Draft(task.day, newest, task.cut, late), closing)


async def _append(stores: Stores, draft: Draft, closing: Closing | None) -> ClosedDay:
    numbers = await chain.numbers(stores.postgres, closing)
    async with stores.postgres.acquire() as connection, connection.transaction():
        link = await chain.append(connection, draft, numbers)
    # Outside of PostgreSQL's reach once the log is shipped: whoever rewrites the chain cannot rewrite this.
    logger().info("integrity link", link=link.number, day=str(link.day), hash=link.hash.hex(), amends=link.amends)
    return ClosedDay(link)
