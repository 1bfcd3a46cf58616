"""Measures the cubes: their size on disk, how soon they are fresh, and the speed of queries compared with the facts."""

import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from bench.report import Goal, show
from bench.stores import stores
from infra.endpoints import Engines
from pipelines import runs
from pipelines.stores import Stores, open_stores

TENANTS: Final = 200
# Makes one delivery report per number. Tenants are skewed (the largest has a sixth of the traffic, the smallest a
# six-hundredth), and so are routes and outcomes.
FILL: Final = """
insert into facts_dlr
with
    cityHash64(number) as h,
    toUInt32(least(199, floor(200 * pow(h % 10007 / 10007., 3)))) as tenant,
    if(h % 101 < 3, 'MO', 'MT') as direction_,
    ['AWCC', 'AWCC', 'AWCC', 'ROSHAN', 'ROSHAN', 'ETISALAT_AF', 'ETISALAT_AF', 'MTN_AF', 'MTN_AF', 'SALAAM'][
        1 + intDiv(h, 7) % 10] as mno_,
    ['OTP', 'OTP', 'OTP', 'OTP', 'OTP', 'TRANSACTIONAL', 'TRANSACTIONAL', 'TRANSACTIONAL', 'MARKETING', 'MARKETING'][
        1 + intDiv(h, 11) % 10] as lane_,
    intDiv(h, 13) % 100 as outcome,
    multiIf(outcome < 90, 'DELIVERED', outcome < 93, 'FAILED', outcome < 95, 'EXPIRED', outcome < 96, 'REJECTED',
        outcome < 97, 'UNDELIVERABLE', 'PENDING') as status_
select
    concat('tenant-', leftPad(toString(tenant), 3, '0')),
    toDateTime64({start:UInt32}, 6, 'UTC') + toIntervalMicrosecond({step:UInt64} * number),
    sipHash64(number),
    concat('acc-', toString(tenant * 5 + intDiv(h, 17) % 5)),
    mno_,
    mno_,
    lane_,
    direction_,
    concat('937', toString(intDiv(h, 19) % 9)),
    status_,
    if(status_ in ('DELIVERED', 'PENDING'), null, concat('0', toString(intDiv(h, 23) % 30))),
    toUInt32(least(3600000, randLogNormal(7.5, 0.9))),
    200 + intDiv(h, 29) % 300,
    toUInt64(9223372036854775808 - toUnixTimestamp(now()))
from numbers({first:UInt64}, {count:UInt64})
"""
MARK: Final = """
insert into dirty (cube, tenant_id, hour)
select distinct 'cube_dlr_hourly', tenant_id, toStartOfHour(event_time) from facts_dlr
"""
BYTES: Final = """
select table, sum(bytes_on_disk), sum(rows) from system.parts
where database = 'anlyt' and active and table in ('facts_dlr', 'cube_dlr_hourly', 'cube_dlr_daily')
group by table order by table
"""
BY_DAY: Final = {
    "cube_dlr_daily": "select toDate(day) as d, status, sum(messages) from cube_dlr_daily final group by d, status",
    "cube_dlr_hourly": "select toDate(hour) as d, status, sum(messages) from cube_dlr_hourly final group by d, status",
    "facts_dlr": "select toDate(event_time) as d, status, count() from facts_dlr final group by d, status",
}
START: Final = datetime(2026, 6, 1, tzinfo=UTC)
STEP: Final = 2_000_000
CHUNK: Final = {"chunk": "10000", "limit": "1000000"}


async def run(folder: Path, *, smoke: bool) -> None:
    dense, wide = (100_000, 100_000) if smoke else (10_000_000, 20_000_000)
    async with opened(folder / "dense") as (work, client):
        await _storage(work, client, dense)
    async with opened(folder / "wide") as (work, client):
        await fill(client, wide, timedelta(days=90))
        await _freshness(work, client, wide, rounds=2 if smoke else 7)
        await _fill_cube(work, client, wide)
        await _reading(client, f"{wide:,} facts over 90 days")


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Stores, AsyncClient]]:
    async with stores(folder) as engines:
        addresses = Engines(engines.nats.url, engines.postgres.url, engines.clickhouse.url)
        async with open_stores(addresses) as work:
            yield work, await work.clickhouse.client()


async def fill(client: AsyncClient, rows: int, span: timedelta, start: datetime = START) -> None:
    whole = {"start": int(start.timestamp()), "step": span // timedelta(microseconds=rows)}
    for first in range(0, rows, STEP):
        await client.command(FILL, parameters={**whole, "first": first, "count": min(STEP, rows - first)})


async def _storage(work: Stores, client: AsyncClient, rows: int) -> None:
    """Compares the disk space of the cubes with that of one hour of facts at national density."""
    await fill(client, rows, timedelta(hours=1))
    await client.command(MARK)
    await runs.run(work, "cubes")
    await _merge(client)
    bytes_ = {table: (size, count) for table, size, count in (await client.query(BYTES)).result_rows}
    facts, cubes = bytes_["facts_dlr"][0], bytes_["cube_dlr_hourly"][0] + bytes_["cube_dlr_daily"][0]
    show(
        f"One hour of {rows:,} delivery reports of {TENANTS} tenants, merged",
        ("table", "rows", "MB", "bytes per row"),
        [(name, f"{count:,}", size / 1e6, size / count) for name, (size, count) in bytes_.items()],
        [Goal("both cubes' share of the facts' bytes", cubes / facts, 0.05, at_most=True)],
    )
    await _reading(client, "one hour at national density")


async def _freshness(work: Stores, client: AsyncClient, rows: int, rounds: int) -> None:
    """Marks two hours of every tenant dirty and measures the time until their cells are fresh.

    One second of ingest marks no more than that.
    """
    seconds = []
    for number in range(rounds):
        hours = [START + timedelta(days=10 * number + 5, hours=hour) for hour in (7, 8)]
        began = time.perf_counter()
        await client.command(
            f"{MARK} where event_time >= {{first:DateTime('UTC')}} and event_time < {{end:DateTime('UTC')}}",
            parameters={"first": hours[0], "end": hours[1] + timedelta(hours=1)},
        )
        counts = await runs.run(work, "cubes")
        seconds.append(time.perf_counter() - began)
    show(
        f"From marking to fresh, over {rows:,} facts of 90 days",
        ("cells", "runs", "seconds (median)", "seconds (worst)"),
        [(counts["cells"], rounds, statistics.median(seconds), max(seconds))],
        [Goal("seconds for the cells of two hours", statistics.median(seconds), 2, at_most=True)],
    )


async def _fill_cube(work: Stores, client: AsyncClient, rows: int) -> None:
    await client.command(MARK)
    began = time.perf_counter()
    counts = await runs.run(work, "cubes", CHUNK)
    print(f"{counts['cells']:,} cells computed from {rows:,} facts in {time.perf_counter() - began:.0f} s")
    await _merge(client)


async def _merge(client: AsyncClient) -> None:
    for table in BY_DAY:
        await client.command(f"optimize table {table} final")


async def _reading(client: AsyncClient, title: str) -> None:
    """Compares the time to count messages by day and status: from each cube and from the facts."""
    seconds: dict[str, float] = {}
    answers: dict[str, list[Any]] = {}
    for name, sql in BY_DAY.items():
        durations = []
        for _ in range(7):
            began = time.perf_counter()
            answers[name] = sorted(map(tuple, (await client.query(sql)).result_rows))
            durations.append(time.perf_counter() - began)
        seconds[name] = statistics.median(durations)
    assert answers["cube_dlr_daily"] == answers["cube_dlr_hourly"] == answers["facts_dlr"]
    sizes = {table: count for table, _, count in (await client.query(BYTES)).result_rows}
    show(
        f"Counts by day and status: {title}",
        ("from", "rows", "ms (median of 7)"),
        [(table, f"{sizes[table]:,}", duration * 1000) for table, duration in seconds.items()],
        [
            Goal(
                "time from the facts over time from the daily cube",
                seconds["facts_dlr"] / seconds["cube_dlr_daily"],
                10,
            )
        ],
    )
