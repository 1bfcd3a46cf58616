"""Compares the audit API over mTLS with SQL written by hand, before and after most facts have moved to S3.

Also measures a walk through all pages and the digests of the hash chain.
"""

import asyncio
import json
import ssl
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import httpx
from clickhouse_connect.driver.asyncclient import AsyncClient

from bench.processes import audit_process, peak_memory
from bench.report import Goal, show
from bench.stores import Stores, stores
from graph.audit.request import QUERY_PATH
from infra.clickhouse import connect, open_clickhouse
from infra.embedded.certificates import DevCertificates
from infra.embedded.s3 import s3_server
from infra.s3 import from_dsn
from pipelines.integrity.digests import digests

START = datetime(2021, 11, 1, tzinfo=UTC)
YEARS = 5 * 365
TENANTS = 200
SLICES = 30
PAGE, LONGEST_PAGE = 1_000, 10_000
LONGEST_ANSWER = 30.0  # seconds
DIGEST_DAYS = 30
SETTLED = 3.0  # seconds without a move of parts; then all moves are done

SQL = Path(__file__).parent / "sql"
FILL, FIRST_PAGE, COUNT, TIERS = (
    (SQL / f"{name}.sql").read_text() for name in ("fill_audit", "audit_page", "audit_count", "audit_tiers")
)

Read = Callable[["Slice"], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Scale:
    """Facts, the days that hold them (spread over five years), and the rows that the walk reads."""

    facts: int
    days: int
    walk: int


FULL, SMOKE = Scale(50_000_000, YEARS, 1_000_000), Scale(60_000, 12, 20_000)


class Slice(NamedTuple):
    """One tenant's facts in a time range."""

    tenant: str
    begin: datetime
    end: datetime


async def run(folder: Path, *, smoke: bool) -> None:
    """Prints the latency of slices, the speed of the walk, and the speed of the digests."""
    scale = SMOKE if smoke else FULL
    async with (
        s3_server(folder / "s3") as s3,
        stores(folder, from_dsn(s3.dsn)) as engines,
        connect(engines.clickhouse.url, statement_timeout=1800) as client,
    ):
        await client.command("system stop moves")
        await _fill(client, scale)
        async with _regulator(engines, folder) as (portal, pid):
            await _compare(scale, client, portal, "hot disk")
            await _walk(scale, portal, pid)
            await _digest(engines, scale)
            await client.command("system start moves")
            await _compare(scale, client, portal, await _tiers_after_moves(client))


async def _fill(client: AsyncClient, scale: Scale) -> None:
    for number in range(scale.days):
        day = START + timedelta(days=number * YEARS // scale.days)
        await client.command(FILL, parameters={"tenants": TENANTS, "day": day, "rows": scale.facts // scale.days})


@asynccontextmanager
async def _regulator(engines: Stores, folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, int]]:
    """A client of the audit API, which runs in its own process, and that process's pid."""
    files = DevCertificates(folder / "tls")
    files.make("localhost")
    context = ssl.create_default_context(cafile=files.authority)
    context.load_cert_chain(*files.client)
    async with (
        audit_process(engines, files.listener) as (url, pid),
        httpx.AsyncClient(base_url=url, verify=context, timeout=120) as portal,
    ):
        yield portal, pid


async def _tiers_after_moves(client: AsyncClient) -> str:
    """Waits until no part moves any more; returns each disk's share of the facts."""
    before: list[tuple[str, float]] = []
    while (shares := [tuple(row) for row in (await client.query(TIERS)).result_rows]) != before or len(shares) == 1:
        before = shares
        await asyncio.sleep(SETTLED)
    return ", ".join(f"{share:.0%} on {disk}" for disk, share in shares)


async def _compare(scale: Scale, client: AsyncClient, portal: httpx.AsyncClient, where: str) -> None:
    async def over_mtls(part: Slice) -> None:
        await _page(portal, part, limit=PAGE)

    async def by_hand(part: Slice) -> None:
        await client.query(FIRST_PAGE, parameters=_parameters(part, limit=PAGE + 1))

    async def count_by_hand(part: Slice) -> None:
        await client.query(COUNT, parameters=_parameters(part))

    variants = {"first page over mTLS": over_mtls, "first page by hand": by_hand, "count by hand": count_by_hand}
    parts = _slices(Random(7))
    latencies = {name: await _latencies(read, parts) for name, read in variants.items()}
    p95 = {name: statistics.quantiles(seconds, n=20)[-1] for name, seconds in latencies.items()}
    show(
        f"{SLICES} slices of {scale.facts:,} evaluations in five years, {PAGE:,} rows per page: {where}",
        ("variant", "median s", "P95 s", "highest s"),
        [(name, statistics.median(seconds), p95[name], max(seconds)) for name, seconds in latencies.items()],
        [
            Goal("P95 of a first page over mTLS, seconds", p95["first page over mTLS"], LONGEST_ANSWER, at_most=True),
            Goal(
                "P95 over mTLS, relative to the SQL by hand",
                p95["first page over mTLS"] / p95["first page by hand"],
                1,
                at_most=True,
            ),
        ],
    )


def _slices(random: Random) -> Sequence[Slice]:
    """Slices of random tenants, from one day to all five years long."""
    slices = []
    for _ in range(SLICES):
        length = timedelta(days=random.choice([1, 7, 30, 90, 365, YEARS]))
        begin = START + random.random() * (timedelta(days=YEARS) - length)
        slices.append(Slice(f"tenant-{int(random.random() ** 3 * TENANTS)}", begin, begin + length))
    return slices


async def _latencies(read: Read, parts: Sequence[Slice]) -> list[float]:
    """Reads one slice after the other; returns the seconds of each."""
    latencies = []
    for part in parts:
        began = time.perf_counter()
        await read(part)
        latencies.append(time.perf_counter() - began)
    return latencies


def _parameters(part: Slice, **others: object) -> dict[str, object]:
    return {"tenant": part.tenant, "from": part.begin, "to": part.end, **others}


async def _page(portal: httpx.AsyncClient, part: Slice, **others: object) -> Any:
    times = {"from": part.begin.isoformat(), "to": part.end.isoformat()}
    response = await portal.post(QUERY_PATH, json={"tenantId": part.tenant, **times, **others})
    response.raise_for_status()
    return json.loads(response.content)


async def _walk(scale: Scale, portal: httpx.AsyncClient, pid: int) -> None:
    """Pages through the busiest tenant's facts until `scale.walk` rows or the end."""
    part = Slice("tenant-0", START, START + timedelta(days=YEARS))
    began, rows, first, after = time.perf_counter(), 0, 0, None
    while rows < scale.walk:
        answer = await _page(portal, part, limit=LONGEST_PAGE, **({"after": after} if after else {}))
        rows += len(answer["data"])
        first = first or peak_memory(pid)
        after = answer["page"]["endCursor"]
        if after is None:
            break
    grown = (peak_memory(pid) - first) / 2**20
    seconds = time.perf_counter() - began
    show(
        f"A walk of {rows:,} rows, {LONGEST_PAGE:,} per page",
        ("seconds", "rows/s", "peak memory after the first page, MiB", "growth since, MiB"),
        [(seconds, rows / seconds, first / 2**20, grown)],
        [Goal("growth of the peak, MiB", grown, 64, at_most=True)],
    )


async def _digest(engines: Stores, scale: Scale) -> None:
    """Computes the digests of some days, as the pipeline `integrity` and `anlyt audit verify` do."""
    began, facts = time.perf_counter(), 0
    days = min(DIGEST_DAYS, scale.days)
    async with open_clickhouse(engines.clickhouse.url, statement_timeout=300) as clickhouse:
        for number in range(days):
            day = (START + timedelta(days=number * YEARS // scale.days)).date()
            by_tenant = await digests(clickhouse, "compliance", day, datetime.now(UTC))
            facts += sum(digest.facts for digest in by_tenant.values())
    seconds = time.perf_counter() - began
    show(
        f"Digests of {days} days, {facts:,} facts",
        ("facts/s", "ms per day"),
        [(facts / seconds, 1000 * seconds / days)],
        [Goal("facts/s", facts / seconds, 100_000)],
    )
