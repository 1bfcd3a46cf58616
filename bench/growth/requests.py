"""What a report of twelve hours costs with more days of history, and with more accounts."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final, NamedTuple

from bench.growth.scale import Cost, Scale
from bench.load import HttpClient, one_by_one
from bench.processes import api_process, cpu_seconds
from bench.progress import say
from bench.report import show
from bench.reports import Scale as Filled
from bench.reports import fill
from bench.requests import REPORTS, get, graphql
from bench.stores import Stores, stores

FEW_ACCOUNTS, FEW_DAYS = 100, 7
HOURS: Final = timedelta(hours=12)
SHIFTS: Final = 12  # hours: so many windows are different
PAGE: Final = """query($window: Interval) { accounts(first: 10) { edges { node {
  accountId usage(window: $window) { messagesSent messagesDelivered } } } } }"""


class Figures(NamedTuple):
    """What one kind of request costs: CPU ms of the API and the engines per request, and P95 in ms."""

    cpu: float
    p95: float


async def run(folder: Path, scale: Scale) -> Sequence[Cost]:
    by_days = {days: await _size(folder / f"{days}-days", scale, days, FEW_ACCOUNTS) for days in scale.days}
    by_accounts = {
        accounts: await _size(folder / f"{accounts}-accounts", scale, FEW_DAYS, accounts)
        for accounts in scale.report_accounts
    }
    grown = [("days of history", by_days), ("accounts", by_accounts)]
    show(
        f"Reports of 12 hours, {scale.asks} requests over one connection",
        ("what grows", "size", "request", "CPU ms", "P95 ms"),
        [
            (name, f"{size:,}", kind, figures.cpu, figures.p95)
            for name, sizes in grown
            for size, kinds in sizes.items()
            for kind, figures in kinds.items()
        ],
        [],
    )
    return [
        Cost(kind, "CPU ms", name, list(sizes), [kinds[kind].cpu for kinds in sizes.values()])
        for name, sizes in grown
        for kind in next(iter(sizes.values()))
    ]


async def _size(folder: Path, scale: Scale, days: int, accounts: int) -> Mapping[str, Figures]:
    newest, began = datetime.now(UTC).replace(minute=0, second=0, microsecond=0), perf_counter()
    async with stores(folder) as engines:
        rows = await fill(engines, newest, Filled(days, accounts, 1, 0))
        await engines.run_pipelines("rollup", "archive")
        say(f"{days} days of {accounts:,} accounts, {rows:,} hourly rows, filled in {perf_counter() - began:.0f} s")
        return await _figures(engines, newest, scale.asks)


async def _figures(engines: Stores, newest: datetime, asks: int) -> Mapping[str, Figures]:
    found = {}
    async with api_process(engines) as (url, api):
        http, pids = await HttpClient.open(url), (api, engines.postgres.pid, engines.clickhouse.pid)
        for kind in _requests(newest):

            async def send(number: int, kind: str = kind) -> None:
                await http.send(_requests(newest - timedelta(hours=number % SHIFTS))[kind])

            await one_by_one(send, SHIFTS)
            before = cpu_seconds(pids)
            load = await one_by_one(send, asks)
            found[kind] = Figures((cpu_seconds(pids) - before) / asks * 1000, load.percentile_ms(95))
        http.close()
    return found


def _requests(end: datetime) -> Mapping[str, bytes]:
    """One request of each kind, for the hours before `end`."""
    times = {"from": f"{end - HOURS:%Y-%m-%dT%H:%M:%SZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
    return {
        "summary": get(f"{REPORTS}/summary", **times),
        "an account's usage": get(f"{REPORTS}/accounts/acc-1/usage", **times),
        "top operators": get(f"{REPORTS}/top-operators", **times),
        "a page of 10 accounts": graphql(PAGE, window="/".join(times.values())),
    }
