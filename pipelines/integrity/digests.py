"""What every tenant has of a day, as the engine has it now."""

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
# Comparing copies (FINAL) takes a fraction of the time if the order is made afterwards; on disk, where that is much.
SETTINGS: Final = {"optimize_read_in_order": 0, "max_bytes_before_external_sort": 1 << 30}


class Digest(NamedTuple):
    """How many facts, and the digest of a leaf over them."""

    facts: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.facts} facts, digest {self.digest.hex()[:16]}"


NOTHING: Final = Digest(0, sha256().digest())


async def first_day(clickhouse: ClickHouse, stored_before: datetime) -> date | None:
    """Of all facts; None when there is none."""
    client = await clickhouse.client()
    rows = (await client.query(FIRST_DAY, parameters={"before": instant(stored_before)})).result_rows
    return rows[0][0] if rows else None


async def digests(clickhouse: ClickHouse, day: date, stored_before: datetime) -> Mapping[str, Digest]:
    """By tenant, of those that have facts. Takes the memory of a block of rows here, and 1 GiB in the engine."""
    counts: Counter[str] = Counter()
    hashes: dict[str, _Hash] = {}
    parameters = {"begin": begin(day), "end": end(day), "before": instant(stored_before)}
    client = await clickhouse.client()
    stream = await client.query_column_block_stream(FACT_HASHES, parameters=parameters, settings=SETTINGS)
    async with stream:
        async for tenants, facts in stream:
            for tenant, some in _runs(tenants, facts):
                counts[tenant] += len(some)
                hashes.setdefault(tenant, sha256()).update(b"".join(some))
    return {tenant: Digest(counts[tenant], each.digest()) for tenant, each in hashes.items()}


def _runs(tenants: Sequence[str], facts: Sequence[bytes]) -> Iterator[tuple[str, Sequence[bytes]]]:
    """A block's facts by tenant; they come in that order."""
    first = 0
    for tenant, some in groupby(tenants):
        last = first + sum(1 for _ in some)
        yield tenant, facts[first:last]
        first = last
