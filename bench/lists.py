"""Compares a GraphQL page of 100 operators and their performance over a week with a request for one operator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

import asyncpg

from bench.load import HttpClient, Send, drive
from bench.processes import api_process, cpu_seconds
from bench.report import Goal, show
from bench.requests import graphql
from bench.stores import Stores, stores
from ingest.partitions import Partitions

OPERATORS: Final = 100
DAYS: Final = 7
ROUNDS: Final = 5
FILL: Final = (Path(__file__).parent / "sql" / "fill_operators.sql").read_text()
FIGURES: Final = "totalMessages deliveredMessages failedMessages deliveryRate errorRate p95LatencyMs totalCost peakTps"
PAGE: Final = f"""query($window: Interval) {{ operators(first: {OPERATORS}) {{ edges {{ node {{
  operatorId performance(window: $window) {{ {FIGURES} }} }} }} }} }}"""
ONE: Final = f'query($from: DateTime, $to: DateTime) {{ operator(id: "op-1", from: $from, to: $to) {{ {FIGURES} }} }}'


async def run(folder: Path, *, smoke: bool) -> None:
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=DAYS)
    times = [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in (begin, end)]
    requests = {
        "page": graphql(PAGE, window="/".join(times)),
        "one": graphql(ONE, **{"from": times[0], "to": times[1]}),
    }
    async with stores(folder) as engines:
        await _fill(engines, begin, end)
        async with api_process(engines) as (url, pid), _client(url) as http:
            cpu: dict[str, list[float]] = {name: [] for name in requests}
            p95: dict[str, list[float]] = {name: [] for name in requests}
            for _ in range(1 if smoke else ROUNDS):
                for name, request in requests.items():
                    await http.send(request)
                    before = cpu_seconds([pid])
                    load = await drive([_sender(http, request)], count(), 0.3 if smoke else 3.0)
                    cpu[name].append((cpu_seconds([pid]) - before) / len(load.latencies) * 1000)
                    p95[name].append(load.percentile_ms(95))
    ratio = min(cpu["page"]) / min(cpu["one"])
    show(
        f"A page of {OPERATORS} operators over {DAYS} days, against one operator; the lowest figures of all rounds",
        ("request", "API CPU ms/request", "P95 ms"),
        [(name, min(cpu[name]), min(p95[name])) for name in requests],
        [Goal("CPU time of a page, relative to one operator", ratio, 5, at_most=True)],
    )


async def _fill(engines: Stores, begin: datetime, end: datetime) -> None:
    async with asyncpg.create_pool(engines.postgres.url, min_size=1, max_size=1) as pool:
        await Partitions(pool).ensure([(begin + timedelta(days=day)).date() for day in range(DAYS + 1)])
        await pool.execute(FILL, begin, end, OPERATORS)
        await pool.execute("vacuum analyze anlyt.metrics_hourly")


@asynccontextmanager
async def _client(url: str) -> AsyncIterator[HttpClient]:
    client = await HttpClient.open(url)
    try:
        yield client
    finally:
        client.close()


def _sender(client: HttpClient, request: bytes) -> Send:
    async def send(_: int) -> None:
        await client.send(request)

    return send
