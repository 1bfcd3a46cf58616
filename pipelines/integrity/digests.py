"""Computes the digests of facts from ClickHouse."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from infra.clickhouse import ClickHouse
from infra.sql import statement
from pipelines.integrity.days import begin, end
from schema.catalog.audit import AuditDataset
from schema.instants import instant

if TYPE_CHECKING:
    from hashlib import _Hash

SQL: Final = Path(__file__).parent / "sql"
FIRST_DAY: Final = statement(SQL, "first_day")
HASHES: Final[Mapping[AuditDataset, str]] = {
    "compliance": statement(SQL, "compliance_hashes"),
    "cdr": statement(SQL, "cdr_hashes"),
}
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


class FactRange(NamedTuple):
    """Facts by event time (from `begin` until `end`) and by the instant at which the stream stored their events."""

    begin: datetime
    end: datetime
    stored_from: int
    stored_before: int


TenantPeriod: TypeAlias = tuple[str, int]
"""A tenant, and the instant at which a period of storing began."""


class Digester:
    """Adds up the facts of each key, in the order in which they are added."""

    def __init__(self) -> None:
        self._counts: Counter[Any] = Counter()
        self._hashes: dict[Any, _Hash] = {}

    def add(self, key: Any, hashes: Sequence[bytes]) -> None:
        self._counts[key] += len(hashes)
        self._hashes.setdefault(key, sha256()).update(b"".join(hashes))

    @property
    def digests(self) -> Mapping[Any, Digest]:
        return {key: Digest(self._counts[key], each.digest()) for key, each in self._hashes.items()}


async def digests(
    clickhouse: ClickHouse, dataset: AuditDataset, day: date, stored_before: datetime
) -> Mapping[str, Digest]:
    """The digests of a day by tenant, for tenants that have facts.

    Needs the memory of one block of rows here, and 1 GiB in the engine.
    """
    digester = Digester()
    facts = FactRange(begin(day), end(day), 0, instant(stored_before))
    async for (tenant, _), hashes in fact_hashes(clickhouse, dataset, facts):
        digester.add(tenant, hashes)
    return digester.digests


async def fact_hashes(
    clickhouse: ClickHouse, dataset: AuditDataset, facts: FactRange, cuts: Sequence[int] = (0,)
) -> AsyncIterator[tuple[TenantPeriod, Sequence[bytes]]]:
    """The hashes of facts in the order of leaves. `cuts`: where periods begin, ascending; the first is 0."""
    parameters = {
        "begin": facts.begin,
        "end": facts.end,
        "from": facts.stored_from,
        "before": facts.stored_before,
        "cuts": list(cuts),
    }
    client = await clickhouse.client()
    stream = await client.query_column_block_stream(HASHES[dataset], parameters=parameters, settings=SETTINGS)
    async with stream:
        async for tenants, periods, hashes in stream:
            first = 0
            for key, group in groupby(zip(tenants, periods, strict=True)):
                last = first + sum(1 for _ in group)
                yield key, hashes[first:last]
                first = last
