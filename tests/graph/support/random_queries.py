"""Random queries as callers write them: all of them valid, odd as they are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from tests.graph.support.warehouse_facts import EDGES, LANES, MNOS, RULES

Query = dict[str, Any]

MEASURES: Final[Mapping[str, Sequence[str]]] = {
    "dlr": [
        *("messages", "delivered", "failed", "pending", "deliveryRate", "errorRate", "esmeErrorRate"),
        *("avgLatencyMs", "p50LatencyMs", "p95LatencyMs", "p99LatencyMs", "maxTps"),
    ],
    "cdr": ["records", "segments", "cost", "avgCost", "costPerDelivered"],
    "compliance": ["evaluations", "blocked", "held", "flagged", "allowed", "blockRate", "avgEvaluationMs"],
}
STATUSES: Final = ["DELIVERED", "FAILED", "UNDELIVERABLE", "UNDELIVERED", "EXPIRED", "REJECTED", "PENDING"]
VALUES: Final[Mapping[str, Sequence[str]]] = {
    "tenantId": ["t-1", "t-2", "unknown", "t'; --"],
    "accountId": ["a-1", "a-2", "\\"],
    "operatorId": ["op-1", "op-3"],
    "mno": [*MNOS, "MNO-A"],
    "lane": [*LANES, "شبکه\n\t😀"],
    "direction": ["MT", "MO", "unknown"],
    "status": STATUSES,
    "errorCode": ["099", "ESME_RTHROTTLED", ""],
    "destinationPrefix": ["93", "9370", "937"],
    "currency": ["USD", "AFN", "EUR"],
    "verdict": ["ALLOW", "FLAG", "HOLD", "BLOCK"],
    "ruleType": [*RULES, "NONE"],
}
DIMENSIONS: Final[Mapping[str, Sequence[str]]] = {
    "dlr": [
        *("tenantId", "accountId", "operatorId", "mno", "lane", "direction", "status", "errorCode"),
        "destinationPrefix",
    ],
    "cdr": [
        "tenantId",
        "accountId",
        "operatorId",
        "mno",
        "lane",
        "direction",
        "status",
        "destinationPrefix",
        "currency",
    ],
    "compliance": ["tenantId", "accountId", "mno", "lane", "verdict", "ruleType"],
}
REVEAL_OPERATOR: Final = {"operatorId", "destinationPrefix"}
CLOSED: Final = {"direction", "status", "verdict"}
NULLABLE: Final = {"errorCode", "ruleType"}
# Offsets of whole hours, half hours and quarters; clocks that change by 60 or 30 minutes, at midnight, or never.
ZONES: Final = [
    *("UTC", "UTC", "Asia/Kabul", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"),
    *("Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia", "America/St_Johns"),
]
LENGTHS: Final = [
    *(timedelta(minutes=1), timedelta(hours=1), timedelta(hours=25), timedelta(hours=7, microseconds=1)),
    *(timedelta(days=5), timedelta(days=31), timedelta(days=5 * 365)),
]
GRANULARITIES: Final = ["none", "minute", "hour", "hour", "day", "day", "week", "month"]
MONEY: Final = {"cost", "avgCost", "costPerDelivered"}
RATES: Final = {"deliveryRate", "errorRate", "esmeErrorRate", "blockRate"}
APPROXIMATE: Final = {"p50LatencyMs", "p95LatencyMs", "p99LatencyMs"}


def random_query(random: Random, *, masked: bool = False, edges: Sequence[datetime] = EDGES) -> Query:
    """A random valid query near one of `edges`. `masked`: one that a reader of pseudonyms may run."""
    dataset = random.choice(list(MEASURES))
    dimensions = [name for name in DIMENSIONS[dataset] if not (masked and name in REVEAL_OPERATOR)]
    chosen = random.sample(dimensions, random.randrange(4))
    measures = random.sample(MEASURES[dataset], random.randrange(1, 4))
    query: Query = {"dataset": dataset, "measures": measures, "dimensions": chosen, "time": random_time(random, edges)}
    if random.random() < 0.5:
        query["filter"] = random_condition(random, lambda: _filter(random, random.choice(dimensions), masked), 3)
    if random.random() < 0.3:
        exact = [name for name in MEASURES[dataset] if name not in APPROXIMATE]
        query["having"] = random_condition(random, lambda: _having(random, random.choice(exact)), 2)
    columns = [*chosen, *measures, *([] if query["time"]["granularity"] == "none" else ["time"])]
    columns = [name for name in columns if name not in APPROXIMATE]
    orders = random.sample(columns, random.randrange(len(columns) + 1))
    query["orderBy"] = [{"field": name, "direction": random.choice(["asc", "desc"])} for name in orders]
    if query["time"]["granularity"] != "none" and random.random() < 0.4:
        query["fill"] = _has_few_buckets(query["time"])
    query["totals"] = random.random() < 0.5
    if random.random() < 0.3:
        query["compareTo"] = "previousPeriod"
    return query


def random_time(random: Random, edges: Sequence[datetime] = EDGES) -> Query:
    """A random window near an edge, from a minute to years long, often of whole UTC days."""
    start = random.choice(edges) - timedelta(hours=random.choice([0, 1, 12, 72]))
    if random.random() < 0.5:
        start = start.replace(hour=0)
    length = random.choice(LENGTHS)
    granularity, zone = random.choice(GRANULARITIES), random.choice(ZONES)
    if random.random() < 0.3:
        start = start.replace(hour=0, minute=0)
        length, granularity, zone = timedelta(days=random.choice([1, 2, 31])), random.choice(["none", "day"]), "UTC"
    return {"from": _written(start), "to": _written(start + length), "granularity": granularity, "timezone": zone}


def _has_few_buckets(time: Query) -> bool:
    """Whether a reference can fill all buckets of the window in reasonable time."""
    length = datetime.fromisoformat(time["to"]) - datetime.fromisoformat(time["from"])
    most = {"minute": timedelta(hours=7, seconds=1), "hour": timedelta(days=5), "day": timedelta(days=31)}
    return length <= most.get(time["granularity"], timedelta(days=5 * 365))


def random_condition(random: Random, leaf: Any, depth: int) -> Query:
    """A random tree whose leaves come from `leaf`."""
    if depth == 0 or random.random() < 0.5:
        made: Query = leaf()
        return made
    how = random.choice(["and", "or", "not"])
    if how == "not":
        return {"not": random_condition(random, leaf, depth - 1)}
    return {how: [random_condition(random, leaf, depth - 1) for _ in range(random.randrange(1, 4))]}


def _filter(random: Random, name: str, masked: bool) -> Query:
    values = ["MNO-A", "MNO-B", "MNO-?"] if masked and name == "mno" else VALUES[name]
    operators = ["eq", "ne", "in", "notIn"]
    operators += [] if name in CLOSED else ["gt", "gte", "lt", "lte", "prefix"]
    operators += ["isNull"] if name in NULLABLE else []
    return _comparison(random, name, random.choice(operators), lambda: random.choice(values))


def _having(random: Random, name: str) -> Query:
    operators = ["eq", "ne", "in", "notIn", "gt", "gte", "lt", "lte"]
    operators += ["isNull"] if name in RATES else []
    return _comparison(random, name, random.choice(operators), lambda: _number(random, name))


def _number(random: Random, name: str) -> Any:
    if name in MONEY:
        return random.choice(["0", "0.0125", "999999999999.999999", "-1"])
    if name in RATES:
        return random.choice([0, 1, 0.5, 0.6667])
    return random.choice([-1, 0, 1, 2, 5, 100])


def _comparison(random: Random, name: str, operator: str, value: Any) -> Query:
    if operator == "isNull":
        return {"field": name, "op": operator, "value": random.choice([True, False])}
    if operator in ("in", "notIn"):
        return {"field": name, "op": operator, "value": [value() for _ in range(random.randrange(1, 4))]}
    return {"field": name, "op": operator, "value": value()}


def _written(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()
