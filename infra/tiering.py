"""Storage tiers of the fact tables' parts by age, on a ClickHouse server with the storage policy for it.

    hot, on the server's disk -> warm after 90 days -> cold, in S3, after one year -> dropped after seven years

Without the policy, the tables keep all parts on the server's disk, without limit.
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
# In the form that `system.tables` shows, so that both can be compared.
TTL: Final = (
    f"toDateTime(event_time) + toIntervalDay(90) TO VOLUME '{WARM}', "
    f"toDateTime(event_time) + toIntervalYear(1) TO VOLUME '{COLD}', "
    "toDateTime(event_time) + toIntervalYear(7)"
)
SETTINGS: Final = {
    "storage_policy": f"'{POLICY}'",
    # The default detaches up to 100 parts that S3 has lost when a table loads, and answers lack their rows. With 0, the
    # table does not load.
    "max_suspicious_broken_parts": "0",
    # A part holds one day, and expires as a whole.
    "ttl_only_drop_parts": "1",
    # For existing parts, only compute the ages; do not rewrite them.
    "materialize_ttl_recalculate_only": "1",
}

_SQL: Final = Path(__file__).parent / "sql"
_VOLUMES, _TIERED = statement(_SQL, "volumes"), statement(_SQL, "tiered")


@dataclass(frozen=True, slots=True)
class Tiering:
    """`applied`: whether the table has the policy and TTL."""

    table: str
    applied: bool


async def tierings(client: AsyncClient) -> list[Tiering]:
    """The tiering of each table, also of missing ones; empty if the server does not have the policy.

    Raises UsageError if the policy lacks a volume.
    """
    volumes = {name for (name,) in (await client.query(_VOLUMES, parameters={"policy": POLICY})).result_rows}
    if not volumes:
        return []
    if missing := sorted({HOT, WARM, COLD} - volumes):
        raise UsageError(
            f"ClickHouse's storage policy {POLICY} has no volume {missing[0]}; it needs {HOT}, {WARM}, {COLD}."
        )
    tiered = await client.query(_TIERED, parameters={"tables": list(TABLES), "policy": POLICY, "ttl": f" TTL {TTL} "})
    applied = {name for (name,) in tiered.result_rows}
    return [Tiering(table, table in applied) for table in TABLES]


async def tier(client: AsyncClient, cluster: str | None) -> AsyncIterator[Tiering]:
    """Applies policy and TTL where they are missing, on all servers of `cluster`. Yields all tables' previous tiering.

    ClickHouse moves parts later, in the background. The statements are repeatable after a kill.
    """
    for each in await tierings(client):
        if not each.applied:
            for sql in statements(each.table, cluster):
                await client.command(sql)
        yield each


def statements(table: str, cluster: str | None) -> Iterator[str]:
    """The statements that tier a table. Their order matters: a TTL may only name volumes of the table's policy."""
    where = f"anlyt.{table}" + (f" on cluster '{cluster}'" if cluster else "")
    settings = ", ".join(f"{name} = {value}" for name, value in SETTINGS.items())
    yield f"alter table {where} modify setting {settings}"
    yield f"alter table {where} modify ttl {TTL}"
