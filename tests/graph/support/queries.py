"""Facts for queries, and a client of the query language over HTTP."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import httpx
from clickhouse_connect.driver.asyncclient import AsyncClient

from graph.app import create_app
from graph.dsl.freshness import ProgressSnapshots
from infra.clickhouse import connect, open_clickhouse
from infra.postgres import Pool
from infra.settings import Settings, read_settings
from tests.graph.support.warehouse_facts import FILL_CUBES
from tests.support.warehouse import empty_clickhouse

QUERY = "/v1/anlyt/query"
START = datetime(2026, 10, 1, tzinfo=UTC)
DAYS = 3
TENANTS = ("t-1", "t-2", "t-3")
MNOS = ("AWCC", "ROSHAN", "MTN_AF", "unknown")
# Codes that a spreadsheet would evaluate, a CSV parser would split, or a reader would take for another type.
CODES = (None, "099", "=1+1", 'a,"b"', "x;y", "-1", " ", "1e5", "null")
MARK_DATA_AS_OF = """
insert into anlyt.data_as_of
select arrayJoin(['cube_dlr_hourly', 'cube_dlr_daily']), max(event_time) from anlyt.facts_dlr
union all select arrayJoin(['cube_cdr_hourly', 'cube_cdr_daily']), max(event_time) from anlyt.facts_cdr
"""

Row = Mapping[str, Any]
Json = dict[str, Any]


def tenant(name: str) -> Mapping[str, str]:
    """The identity headers of customer-portal for a tenant."""
    return {"X-Caller": "customer-portal", "X-Tenant-Id": name, "X-Account-Id": "acc-1"}


def reports(random: Random, count: int) -> Sequence[Row]:
    """Random delivery reports within DAYS days."""
    return [
        {
            "tenant_id": random.choice(TENANTS),
            "event_time": START + timedelta(microseconds=random.randrange(DAYS * 86_400_000_000)),
            "event_key": number,
            "account_id": f"acc-{random.randrange(3)}",
            "operator_id": f"op-{random.randrange(3)}",
            "mno": random.choice(MNOS),
            "lane": random.choice(("OTP", "MARKETING")),
            "direction": random.choice(("MT", "MO")),
            "destination_prefix": "9370",
            "status": random.choice(("DELIVERED", "DELIVERED", "FAILED", "PENDING")),
            "error_code": random.choice(CODES),
            "latency_ms": random.randrange(10_000),
            "tps_snapshot": random.randrange(100),
            "ver": 1,
        }
        for number in range(count)
    ]


def records(random: Random, count: int) -> Sequence[Row]:
    """Random call detail records of the same days; t-3 is billed in two currencies."""
    made = []
    for number in range(count):
        name = random.choice(TENANTS)
        made.append(
            {
                "tenant_id": name,
                "event_time": START + timedelta(microseconds=random.randrange(DAYS * 86_400_000_000)),
                "event_key": number,
                "account_id": "acc-1",
                "operator_id": "op-1",
                "mno": random.choice(MNOS),
                "lane": "OTP",
                "direction": "MT",
                "destination_prefix": "9370",
                "status": random.choice(("DELIVERED", "FAILED")),
                "cdr_id": f"cdr-{number}",
                "message_id": f"m-{number}",
                "segment_count": random.randrange(1, 5),
                "charge_amount": Decimal(random.randrange(10**14)) / 10**6,
                "currency": random.choice(("USD", "AFN")) if name == "t-3" else "USD",
                "ver": 1,
            }
        )
    return made


async def put(client: AsyncClient, table: str, rows: Sequence[Row]) -> None:
    """Inserts rows in one statement."""
    names = list(rows[0])
    cells = [[row[name] for name in names] for row in rows]
    await client.insert(f"anlyt.{table}", cells, column_names=names, settings={"async_insert": 0})


async def fill(dsn: str, **facts: Sequence[Row]) -> None:
    """Empties ClickHouse, inserts facts by table, and computes the cubes."""
    await empty_clickhouse(dsn)
    async with connect(dsn) as client:
        for table, rows in facts.items():
            await put(client, table, rows)
        for statement in (*FILL_CUBES, MARK_DATA_AS_OF):
            await client.command(statement)


@dataclass(frozen=True, slots=True)
class QueryClient:
    """A client of the query language; `client` sends any other request."""

    client: httpx.AsyncClient

    async def post(self, query: Json, caller: Mapping[str, str], accept: str = "application/json") -> httpx.Response:
        return await self.client.post(QUERY, json=query, headers={**caller, "Accept": accept})

    async def ask(self, query: Json, caller: Mapping[str, str]) -> Any:
        """The answer of a query that must succeed."""
        response = await self.post(query, caller)
        assert response.status_code == 200, response.text
        return response.json()

    async def graphql(self, query: Json, caller: Mapping[str, str], fields: str) -> Any:
        """GraphQL's whole answer to the same query, which is passed as a variable."""
        body = {"query": f"query ($input: QueryInput!) {{ query(input: $input) {{ {fields} }} }}"}
        variables = {"input": query}
        answer = await self.client.post("/graphql", json={**body, "variables": variables}, headers=dict(caller))
        return answer.json()


@asynccontextmanager
async def open_query_client(
    pool: Pool,
    dsn: str,
    settings: Settings | None = None,
    snapshots: ProgressSnapshots = tuple,
    primary: "Pool | None" = None,
) -> AsyncIterator[QueryClient]:
    """The API in process, over the ClickHouse at `dsn`. With `primary`, `pool` is a replica's."""
    async with open_clickhouse(dsn, statement_timeout=30) as clickhouse:
        app = create_app(
            settings or read_settings({}),
            pool,
            {},
            clickhouse=clickhouse,
            primary=primary,
            development=True,
            snapshots=snapshots,
        )
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
            yield QueryClient(client)


def window(**more: Any) -> Json:
    """The member `time` of a query over all facts."""
    return {"from": "2026-10-01T00:00:00Z", "to": "2026-10-04T00:00:00Z", **more}


REPORTS = reports(Random(11), 1500)
RECORDS = records(Random(12), 400)

BY_CODE: Json = {
    "dataset": "dlr",
    "measures": ["messages", "deliveryRate", "avgLatencyMs", "maxTps"],
    "dimensions": ["errorCode", "lane"],
    "time": window(granularity="day", timezone="Asia/Kabul"),
    "limit": 1000,
    "totals": True,
}
COMPARED: Json = {
    **BY_CODE,
    "dimensions": ["status"],
    "time": {"from": "2026-10-02T00:00:00Z", "to": "2026-10-03T12:00:00Z"},
    "compareTo": "previousPeriod",
}
MONEY: Json = {
    "dataset": "cdr",
    "measures": ["records", "cost", "avgCost", "costPerDelivered"],
    "dimensions": ["currency", "status"],
    "time": {"from": "2026-10-01T00:00:00.000001Z", "to": "2026-10-04T00:00:00Z"},
}
BY_MNO: Json = {
    "dataset": "dlr",
    "measures": ["messages"],
    "dimensions": ["mno", "errorCode"],
    "time": window(),
    "limit": 1000,
}


def counted(by: str, tenant_id: str | None) -> Mapping[Any, int]:
    """The number of reports by a column's value, for one tenant or for all."""
    return Counter(row[by] for row in REPORTS if tenant_id in (None, row["tenant_id"]))
