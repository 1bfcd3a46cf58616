"""Random facts of the three datasets, as dictionaries with the API's names, and a ClickHouse filled with them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.clickhouse import connect
from tests.support.warehouse import empty_clickhouse

Fact = Mapping[str, Any]
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

TENANTS: Final = ["t-1", "t-2", "unknown"]
MNOS: Final = ["AWCC", "ROSHAN", "MTN_AF", "unknown"]
LANES: Final = ["OTP", "MARKETING", "unknown"]
STATUSES: Final = ["DELIVERED", "DELIVERED", "FAILED", "EXPIRED", "PENDING", "REJECTED"]
RULES: Final = ["URL", "QUIET_HOURS", "SENDER_ID"]

# Times at which clocks change, or a year ends in a zone with half hours.
EDGES: Final = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Berlin, to summer
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # and back
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, by half an hour
    datetime(2025, 12, 31, 19, 30, tzinfo=UTC),  # Kabul's new year
]


def moment(random: Random) -> datetime:
    """A random time, mostly within 20 hours of an edge; some within a microsecond of it, some years away."""
    edge = random.choice(EDGES)
    if random.random() < 0.1:
        return edge + timedelta(microseconds=random.choice([-1, 0, 1]))
    if random.random() < 0.05:
        return datetime(2022, 1, 1, tzinfo=UTC) + timedelta(days=random.choice([0, 59]), hours=random.random())
    return edge + timedelta(microseconds=random.randrange(-20 * 3600 * 10**6, 20 * 3600 * 10**6))


def report(random: Random) -> Fact:
    """A random row of facts_dlr."""
    status = random.choice(STATUSES)
    return {
        **_route(random),
        "status": status,
        "errorCode": random.choice([None, "099", "ESME_RTHROTTLED"]) if status != "DELIVERED" else None,
        "latencyMs": random.choice([0, 1, random.randrange(5_000), 60_000]),
        "tps": random.randrange(300),
    }


def record(random: Random) -> Fact:
    """A random row of facts_cdr."""
    return {
        **_route(random),
        "status": random.choice(STATUSES),
        "segments": random.choice([1, 1, 2, 7]),
        "charge": Decimal(random.choice([0, 1, 12_500, 10**18 - 1, random.randrange(10**7)])) / 10**6,
        "currency": random.choice(["USD", "USD", "AFN"]),
    }


def evaluation(random: Random) -> Fact:
    """A random row of facts_compliance."""
    route = _route(random)
    return {
        **{name: route[name] for name in ("id", "at", "tenantId", "accountId", "mno", "lane")},
        "verdict": random.choice(["ALLOW", "ALLOW", "FLAG", "HOLD", "BLOCK"]),
        "ruleTypes": random.choices(RULES, k=random.choice([0, 0, 1, 2, 3])),
        "evaluationMs": random.randrange(40),
    }


def _route(random: Random) -> Fact:
    return {
        "id": random.getrandbits(64),
        "at": moment(random),
        "tenantId": random.choice(TENANTS),
        "accountId": random.choice(["a-1", "a-2"]),
        "operatorId": random.choice(["op-1", "op-2"]),
        "mno": random.choice(MNOS),
        "lane": random.choice(LANES),
        "direction": random.choice(["MT", "MO", "unknown"]),
        "destinationPrefix": random.choice(["93", "9370", "unknown"]),
    }


MAKERS: Final = {"dlr": report, "cdr": record, "compliance": evaluation}


def facts(random: Random, count: int) -> Mapping[str, Sequence[Fact]]:
    """Dataset -> `count` random facts."""
    return {dataset: [make(random) for _ in range(count)] for dataset, make in MAKERS.items()}


async def fill(dsn: str, data: Mapping[str, Sequence[Fact]]) -> None:
    """Fills the tables with these facts only, a third of them twice, and computes the cubes."""
    await empty_clickhouse(dsn)
    async with connect(dsn) as client:
        for dataset, some in data.items():
            await add(client, dataset, some)
            await add(client, dataset, some[::3])
        for statement in FILL_CUBES:
            await client.command(statement)


async def add(client: AsyncClient, dataset: str, some: Sequence[Fact]) -> None:
    """Inserts facts; a copy of a stored fact replaces it."""
    names = COLUMNS[dataset]
    rows = [[fact[name] for name in names.values()] + [1] for fact in some]
    if rows:
        await client.insert(f"facts_{dataset}", rows, column_names=[*names, "ver"])


_SHARED: Final = {
    "event_key": "id",
    "event_time": "at",
    "tenant_id": "tenantId",
    "account_id": "accountId",
    "mno": "mno",
    "lane": "lane",
}
_SENT: Final = {"operator_id": "operatorId", "direction": "direction", "destination_prefix": "destinationPrefix"}
COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "dlr": {
        **_SHARED,
        **_SENT,
        "status": "status",
        "error_code": "errorCode",
        "latency_ms": "latencyMs",
        "tps_snapshot": "tps",
    },
    "cdr": {
        **_SHARED,
        **_SENT,
        "status": "status",
        "segment_count": "segments",
        "charge_amount": "charge",
        "currency": "currency",
    },
    "compliance": {
        **_SHARED,
        "verdict": "verdict",
        "rule_types": "ruleTypes",
        "evaluation_latency_ms": "evaluationMs",
    },
}

# The result of the pipeline `cubes`, for all cells.
FILL_CUBES: Final = [
    "insert into anlyt.cube_dlr_hourly select tenant_id, toStartOfHour(event_time), mno, lane, direction, status, "
    "count(), countIf(status != 'PENDING'), sumIf(latency_ms, status != 'PENDING'), "
    "countIf(status != 'PENDING' and error_code is not null), max(tps_snapshot), "
    "quantilesTDigestStateIf(0.5, 0.95, 0.99)(latency_ms, status != 'PENDING'), 1, 0 "
    "from anlyt.facts_dlr final group by all",
    "insert into anlyt.cube_dlr_daily select tenant_id, toStartOfDay(event_time), mno, lane, direction, status, "
    "count(), countIf(status != 'PENDING'), sumIf(latency_ms, status != 'PENDING'), "
    "countIf(status != 'PENDING' and error_code is not null), max(tps_snapshot), 1, 0 "
    "from anlyt.facts_dlr final group by all",
    *(
        f"insert into anlyt.{cube} select tenant_id, {begin}(event_time), mno, lane, direction, status, "
        "currency, count(), sum(segment_count), sum(charge_amount), 1, 0 from anlyt.facts_cdr final group by all"
        for cube, begin in (("cube_cdr_hourly", "toStartOfHour"), ("cube_cdr_daily", "toStartOfDay"))
    ),
    "insert into anlyt.cube_compliance_hourly select tenant_id, toStartOfHour(event_time), mno, lane, verdict, "
    "count(), sum(evaluation_latency_ms), 1, 0 from anlyt.facts_compliance final group by all",
]
