"""Where parts of the fact tables lie as they grow old, on a server that has the storage policy for it.

    hot, on the server's disk -> warm after 90 days -> cold, in S3, after a year -> dropped after seven

A server without the policy stays as it is: its tables keep all parts, for ever, on its own disk.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.errors import UsageError
from infra.sql import statement
from infra.tiers import COLD, HOT, POLICY, WARM
from schema.facts import FACTS_CDR, FACTS_COMPLIANCE, FACTS_DLR

TABLES: Final = (FACTS_DLR.name, FACTS_CDR.name, FACTS_COMPLIANCE.name)
# As ClickHouse prints it in `system.tables`, so that the two can be compared.
TTL: Final = (
    f"toDateTime(event_time) + toIntervalDay(90) TO VOLUME '{WARM}', "
    f"toDateTime(event_time) + toIntervalYear(1) TO VOLUME '{COLD}', "
    "toDateTime(event_time) + toIntervalYear(7)"
)
SETTINGS: Final = {
    "storage_policy": f"'{POLICY}'",
    # Else, when a table is loaded, parts that S3 does not have any more are put aside, up to a hundred, and the answers
    # have fewer rows. With this, the table does not load.
    "max_suspicious_broken_parts": "0",
    # A part is a day's, and goes as a whole.
    "ttl_only_drop_parts": "1",
    # For the parts that are there already: their ages are noted, they are not written again.
    "materialize_ttl_recalculate_only": "1",
}

_SQL: Final = Path(__file__).parent / "sql"
_VOLUMES, _TIERED = statement(_SQL, "volumes"), statement(_SQL, "tiered")


@dataclass(frozen=True, slots=True)
class Tiering:
    """A table, and whether its parts move."""

    table: str
    applied: bool


async def tierings(client: AsyncClient) -> list[Tiering]:
    """Each table's, none where the server has no such policy; UsageError for a policy that does not fit.

    A table that is not there yet is one that has to be tiered.
    """
    volumes = {name for (name,) in (await client.query(_VOLUMES, parameters={"policy": POLICY})).result_rows}
    if not volumes:
        return []
    if missing := sorted({HOT, WARM, COLD} - volumes):
        raise UsageError(
            f"ClickHouse's storage policy {POLICY} has no volume {missing[0]}; it needs {HOT}, {WARM}, {COLD}."
        )
    found = await client.query(_TIERED, parameters={"tables": list(TABLES), "policy": POLICY, "ttl": f" TTL {TTL} "})
    applied = {name for (name,) in found.result_rows}
    return [Tiering(table, table in applied) for table in TABLES]


async def tier(client: AsyncClient, cluster: str | None) -> AsyncIterator[Tiering]:
    """Applies what is missing, on all of a cluster; yields every table's, told apart by whether it had been applied.

    Parts move later, in the background. What was killed half-way runs again.
    """
    for each in await tierings(client):
        if not each.applied:
            for sql in statements(each.table, cluster):
                await client.command(sql)
        yield each


def statements(table: str, cluster: str | None) -> Iterator[str]:
    """In this order: a TTL may only speak of volumes that the table's policy has."""
    where = f"anlyt.{table}" + (f" on cluster '{cluster}'" if cluster else "")
    settings = ", ".join(f"{name} = {value}" for name, value in SETTINGS.items())
    yield f"alter table {where} modify setting {settings}"
    yield f"alter table {where} modify ttl {TTL}"
