"""Computes the digests of a day's facts from ClickHouse."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from infra.clickhouse import ClickHouse
from infra.sql import statement
from pipelines.integrity.days import begin, end
from schema.instants import instant

if TYPE_CHECKING:
    from hashlib import _Hash

SQL: Final = Path(__file__).parent / "sql"
FIRST_DAY: Final = statement(SQL, "first_day")
FACT_HASHES: Final = statement(SQL, "fact_hashes")
# FINAL takes a fraction of the time if the rows are sorted after it. Large sorts spill to disk.
SETTINGS: Final = {"optimize_read_in_order": 0, "max_bytes_before_external_sort": 1 << 30}


class Digest(NamedTuple):
    """The number of a tenant's facts of a day, and the digest of the leaf over them."""

    facts: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.facts} facts, digest {self.digest.hex()[:16]}"


NOTHING: Final = Digest(0, sha256().digest())


async def first_day(clickhouse: ClickHouse, stored_before: datetime) -> date | None:
    """The day of the first fact whose event the stream stored before this time; None if there is none."""
    client = await clickhouse.client()
    rows = (await client.query(FIRST_DAY, parameters={"before": instant(stored_before)})).result_rows
    return rows[0][0] if rows else None


async def digests(clickhouse: ClickHouse, day: date, stored_before: datetime) -> Mapping[str, Digest]:
    """The digests of a day by tenant, for tenants that have facts.

    Needs the memory of one block of rows here, and 1 GiB in the engine.
    """
    counts: Counter[str] = Counter()
    hashes: dict[str, _Hash] = {}
    parameters = {"begin": begin(day), "end": end(day), "before": instant(stored_before)}
    client = await clickhouse.client()
    stream = await client.query_column_block_stream(FACT_HASHES, parameters=parameters, settings=SETTINGS)
    async with stream:
        async for tenants, facts in stream:
            for tenant, group in _by_tenant(tenants, facts):
                counts[tenant] += len(group)
                hashes.setdefault(tenant, sha256()).update(b"".join(group))
    return {tenant: Digest(counts[tenant], each.digest()) for tenant, each in hashes.items()}


def _by_tenant(tenants: Sequence[str], facts: Sequence[bytes]) -> Iterator[tuple[str, Sequence[bytes]]]:
    """The facts of a block by tenant. Rows arrive sorted by tenant."""
    first = 0
    for tenant, group in groupby(tenants):
        last = first + sum(1 for _ in group)
        yield tenant, facts[first:last]
        first = last
