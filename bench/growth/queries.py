"""What queries cost over more facts: over HTTP, and the same SQL in the engine."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from clickhouse_connect.driver.asyncclient import AsyncClient

from bench.growth.scale import Cost, Scale
from bench.live import tenant_name
from bench.load import HttpClient, Send, one_by_one
from bench.processes import api_process, cpu_seconds
from bench.report import Goal, show
from bench.requests import ADMIN, query, tenant
from bench.stores import Stores, stores
from bench.traffic import fill, today
from graph.dsl.compile import compile_query
from graph.dsl.execute import LIMITS
from graph.dsl.parse import parse
from graph.dsl.scope import AllTenants, OneTenant, QueryScope
from infra.clickhouse import connect

LARGEST, MIDDLE = tenant_name(0), tenant_name(100)
MINUTE: Final = timedelta(minutes=1)
TIMES, SPARE_MS = 1.2, 2.0  # a query may take so many times as long as the engine, and this much more


class Question(NamedTuple):
    """A query: of a tenant or, None, of the platform. `cut`: its window cuts through hours, so facts answer."""

    name: str
    tenant: str | None
    length: timedelta
    granularity: str
    cut: bool

    def body(self, number: int, end: datetime) -> dict[str, Any]:
        """The query, each number with another window."""
        until = end - timedelta(days=number % 30) - MINUTE * self.cut
        window = {"from": (until - self.length).isoformat(), "to": until.isoformat()}
        return {
            "dataset": "dlr",
            "measures": ["messages", "deliveryRate"],
            "dimensions": ["status"],
            "time": {**window, "granularity": self.granularity, "timezone": "UTC"},
        }

    @property
    def scope(self) -> QueryScope:
        return OneTenant(self.tenant, None) if self.tenant else AllTenants()

    def request(self, number: int, end: datetime) -> bytes:
        caller = tenant(self.tenant) if self.tenant else ADMIN
        return query(caller, self.body(number, end))


DAY: Final = timedelta(days=1)
QUESTIONS: Final = (
    Question("the largest tenant, 30 days, cube", LARGEST, 30 * DAY, "day", cut=False),
    Question("a middle tenant, 30 days, cube", MIDDLE, 30 * DAY, "day", cut=False),
    Question("all tenants, 30 days, cube", None, 30 * DAY, "day", cut=False),
    Question("a middle tenant, an hour of facts", MIDDLE, DAY / 24, "none", cut=True),
    Question("a middle tenant, a day of facts", MIDDLE, DAY, "hour", cut=True),
    Question("the largest tenant, a day of facts", LARGEST, DAY, "hour", cut=True),
)


class Figures(NamedTuple):
    """Medians of the rounds: P50 in ms over HTTP and in the engine, and CPU ms of API and engine per query."""

    http: float
    engine: float
    cpu: float
    engine_cpu: float


async def run(folder: Path, scale: Scale) -> Sequence[Cost]:
    found: dict[int, Mapping[str, Figures]] = {}
    async with stores(folder) as engines:
        for before, facts in pairwise((0, *scale.facts)):
            await fill(engines, today(), facts, scale.seed, before)
            found[facts] = await _measure(engines, scale)
    _show(found)
    return [
        Cost(
            each.name,
            unit,
            "facts",
            list(found),
            [getattr(sizes[each.name], figure) for sizes in found.values()],
            False,
        )
        for each in QUESTIONS
        for unit, figure in (("P50 ms", "http"), ("CPU ms", "cpu"))
    ]


async def _measure(engines: Stores, scale: Scale) -> Mapping[str, Figures]:
    async with api_process(engines) as (url, api), connect(engines.clickhouse.url) as client:
        http, pids = await HttpClient.open(url), [api, engines.clickhouse.pid]
        found = {}
        for question in QUESTIONS:
            ways = (_over_http(http, question), _direct(client, question))
            rounds: list[list[float]] = []
            for _ in range(scale.rounds + 1):
                figures = []
                for way in ways:
                    before = cpu_seconds(pids)
                    load = await one_by_one(way, scale.queries)
                    figures += [load.percentile_ms(50), (cpu_seconds(pids) - before) / len(load.latencies) * 1000]
                rounds.append(figures)
            http_ms, cpu, engine_ms, engine_cpu = (median(each) for each in zip(*rounds[1:], strict=True))
            found[question.name] = Figures(http_ms, engine_ms, cpu, engine_cpu)
        http.close()
    return found


def _over_http(client: HttpClient, question: Question) -> Send:
    end = today()

    async def send(number: int) -> None:
        await client.send(question.request(number, end))

    return send


def _direct(client: AsyncClient, question: Question) -> Send:
    end = today()

    async def send(number: int) -> None:
        statement = compile_query(parse(question.body(number, end)), question.scope, None).rows
        await client.query(statement.sql, parameters=dict(statement.parameters), settings=dict(LIMITS))

    return send


def _show(found: Mapping[int, Mapping[str, Figures]]) -> None:
    rows = [(f"{facts:,}", name, *figures) for facts, sizes in found.items() for name, figures in sizes.items()]
    show(
        "Queries over HTTP and the same SQL in the engine, one at a time",
        ("facts", "query", "HTTP, P50 ms", "engine, P50 ms", "CPU ms", "engine alone, CPU ms"),
        rows,
        [
            Goal(
                f"{facts:,} facts, {name}: (P50 - {SPARE_MS:g} ms) / engine",
                (figures.http - SPARE_MS) / figures.engine,
                TIMES,
                at_most=True,
            )
            for facts, sizes in found.items()
            for name, figures in sizes.items()
        ],
    )
