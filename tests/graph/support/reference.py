"""A reference implementation of the query language over a list of facts. It shares no code with the compiler."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import partial
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

from tests.graph.support.warehouse_facts import EPOCH, Fact

Query = Mapping[str, Any]
Row = dict[str, Any]
Key = tuple[Any, ...]

FAILED = {"FAILED", "UNDELIVERABLE", "UNDELIVERED", "EXPIRED", "REJECTED"}
PERCENTILES = {"p50LatencyMs": Fraction(50, 100), "p95LatencyMs": Fraction(95, 100), "p99LatencyMs": Fraction(99, 100)}
DECIMALS = {"cost": 6, "avgCost": 6, "costPerDelivered": 6}
DECIMALS |= dict.fromkeys(["deliveryRate", "errorRate", "esmeErrorRate", "blockRate"], 4)


class Samples(list[int]):
    """Sorted latencies, and the rank of a percentile that is estimated from them."""

    def __init__(self, values: Sequence[int], rank: Fraction) -> None:
        super().__init__(sorted(values))
        self.rank = rank

    def allows(self, estimate: int | None) -> bool:
        """Whether an estimate lies between samples whose ranks are close to the percentile's."""
        if not self:
            return estimate is None
        at, slack = self.rank * len(self), 1 + ceil(len(self) / 50)
        low, high = max(floor(at) - slack, 0), min(ceil(at) + slack, len(self) - 1)
        return estimate is not None and floor(self[low] * 0.99) <= estimate <= ceil(self[high] * 1.01)


def answer(
    query: Query, facts: Sequence[Fact], tenant: str | None, pseudonyms: Mapping[str, str] | None
) -> Sequence[Row]:
    """All rows of the answer in order; percentiles as Samples, all other values as in JSON."""
    groups = _groups(query, facts, tenant, pseudonyms)
    if not query.get("dimensions") and query["time"].get("granularity", "none") == "none":
        groups.setdefault((), [])
    names = _names(query)
    rows = [
        {**dict(zip(names, key, strict=True)), **_measures(query["measures"], some)} for key, some in groups.items()
    ]
    having = query.get("having")
    if having:
        kept = []
        for row, some in zip(rows, groups.values(), strict=True):
            wanted = _measures(sorted(fields_of(having)), some)
            if _holds(having, partial(_exact_of, wanted)):
                kept.append(row)
        rows = kept
    return _ordered(query, rows, names)


def totals(query: Query, facts: Sequence[Fact], tenant: str | None, pseudonyms: Mapping[str, str] | None) -> Row:
    """The measures over all facts, each counted once."""
    whole = {
        **query,
        "dimensions": [],
        "having": None,
        "fill": False,
        "orderBy": [],
        "time": {**query["time"], "granularity": "none"},
    }
    return dict(answer(whole, facts, tenant, pseudonyms)[0])


def _names(query: Query) -> list[str]:
    time_ = [] if query["time"].get("granularity", "none") == "none" else ["time"]
    return [*time_, *query.get("dimensions", [])]


def _groups(
    query: Query, facts: Sequence[Fact], tenant: str | None, pseudonyms: Mapping[str, str] | None
) -> dict[Key, list[Fact]]:
    groups: dict[Key, list[Fact]] = defaultdict(list)
    start, end = (datetime.fromisoformat(query["time"][edge]) for edge in ("from", "to"))
    zone = ZoneInfo(query["time"].get("timezone", "UTC"))
    granularity = query["time"].get("granularity", "none")
    for fact in facts:
        if not start <= fact["at"] < end or tenant not in (None, fact["tenantId"]):
            continue
        seen = fact if pseudonyms is None else {**fact, "mno": pseudonyms.get(fact["mno"], "MNO-?")}
        keys = set()
        for row in _exploded(seen):
            if query.get("filter") is None or _holds(query["filter"], row.__getitem__):
                time_ = () if granularity == "none" else (bucket(fact["at"], granularity, zone),)
                keys.add((*time_, *(row[name] for name in query.get("dimensions", []))))
        for key in keys:
            groups[key].append(fact)
    return _filled(groups, query, buckets(start, end, granularity, zone)) if query.get("fill") else groups


def _filled(groups: dict[Key, list[Fact]], query: Query, starts: set[str]) -> dict[Key, list[Fact]]:
    """The groups, with an empty one for each other bucket of each combination of dimensions."""
    others = {key[1:] for key in groups} if query.get("dimensions") else {()}
    return groups | {(start, *other): groups.get((start, *other), []) for start in starts for other in others}


def buckets(start: datetime, end: datetime, granularity: str, zone: ZoneInfo) -> set[str]:
    """The buckets of a window, found by looking at each of its minutes or, for days and longer, hours."""
    step = timedelta(minutes=1) if granularity in ("minute", "hour") else timedelta(hours=1)
    found = {bucket(end - timedelta(microseconds=1), granularity, zone)}
    while start < end:
        found.add(bucket(start, granularity, zone))
        start += step
    return found


def _exploded(fact: Fact) -> Iterator[Fact]:
    for kind in sorted(set(fact.get("ruleTypes", []))) or [None]:
        yield {**fact, "ruleType": kind}


def bucket(at: datetime, granularity: str, zone: ZoneInfo) -> str:
    """The start of a time's bucket, as in JSON."""
    local = at.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    if granularity in ("minute", "hour"):
        size = {"minute": 60, "hour": 3600}[granularity]
        seconds = (at - EPOCH) // timedelta(seconds=1)
        start = EPOCH + timedelta(seconds=seconds - (seconds + offset.total_seconds()) % size)
    else:
        day = local.date()
        if granularity == "week":
            day -= timedelta(days=day.weekday())
        if granularity == "month":
            day = day.replace(day=1)
        start = _first_instant(day, zone)
    text = start.astimezone(zone).isoformat()
    return text.replace("+00:00", "Z") if zone.key == "UTC" else text


def _first_instant(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def fields_of(condition: Query) -> set[str]:
    """The names that a condition compares."""
    if "field" in condition:
        return {condition["field"]}
    inner = [condition["not"]] if "not" in condition else condition.get("and") or condition["or"]
    return {name for each in inner for name in fields_of(each)}


def _holds(condition: Query, value: Callable[[str], Any]) -> bool:
    if "and" in condition:
        return all(_holds(each, value) for each in condition["and"])
    if "or" in condition:
        return any(_holds(each, value) for each in condition["or"])
    if "not" in condition:
        return not _holds(condition["not"], value)
    return _compares(value(condition["field"]), condition["op"], condition.get("value"), condition["field"])


def _compares(actual: Any, operator: str, wanted: Any, field: str) -> bool:
    if operator == "isNull":
        return (actual is None) == (wanted is not False)
    if operator in ("ne", "notIn"):
        return not _compares(actual, {"ne": "eq", "notIn": "in"}[operator], wanted, field)
    if actual is None:
        return False
    if operator == "in":
        return any(actual == _exact(field, each) for each in wanted)
    if operator == "prefix":
        return bool(actual.startswith(wanted))
    to = _exact(field, wanted)
    left, right = (actual.encode(), to.encode()) if isinstance(actual, str) else (actual, to)
    holds = {"eq": left == right, "gt": left > right, "gte": left >= right, "lt": left < right, "lte": left <= right}
    return bool(holds[operator])


def _exact(field: str, value: Any) -> Any:
    """A measure in JSON as a fraction; any other value unchanged."""
    return Fraction(str(value)) if field in DECIMALS and value is not None else value


def _exact_of(row: Row, field: str) -> Any:
    return _exact(field, row[field])


def _measures(names: Sequence[str], some: Sequence[Fact]) -> Row:
    return {name: _measure(name, some) for name in names}


def _measure(name: str, some: Sequence[Fact]) -> Any:
    if name in PERCENTILES:
        return Samples([fact["latencyMs"] for fact in some if fact["status"] != "PENDING"], PERCENTILES[name])
    value = _value(name, some)
    if value is None or name not in DECIMALS:
        return value if value is None else _half_up(value, 0)
    units = _half_up(value, DECIMALS[name])
    if DECIMALS[name] == 4:
        return float(Fraction(units, 10**4))
    return f"{units // 10**6}.{units % 10**6:06d}"


def _half_up(value: Fraction | int, decimals: int) -> int:
    units: int = floor(Fraction(value) * 10**decimals + Fraction(1, 2))
    return units


def _value(name: str, some: Sequence[Fact]) -> Fraction | int | None:
    if name in DECIMALS and DECIMALS[name] == 6:
        return _money(name, some)
    value: Fraction | int | None = VALUES[name](some)
    return value


def _over(count: int, of: int) -> Fraction | None:
    return Fraction(count, of) if of else None


def _terminal(some: Sequence[Fact]) -> Sequence[Fact]:
    return [fact for fact in some if fact["status"] != "PENDING"]


def _having(some: Sequence[Fact], field: str, *words: str) -> int:
    return sum(fact[field] in words for fact in some)


VALUES: Mapping[str, Callable[[Sequence[Fact]], Any]] = {
    **dict.fromkeys(["messages", "records", "evaluations"], len),
    "delivered": lambda some: _having(some, "status", "DELIVERED"),
    "failed": lambda some: _having(some, "status", *FAILED),
    "pending": lambda some: _having(some, "status", "PENDING"),
    "deliveryRate": lambda some: _over(_having(some, "status", "DELIVERED"), len(_terminal(some))),
    "errorRate": lambda some: _over(_having(some, "status", *FAILED), len(_terminal(some))),
    "esmeErrorRate": lambda some: _over(
        sum(fact["errorCode"] is not None for fact in _terminal(some)), len(_terminal(some))
    ),
    "avgLatencyMs": lambda some: _over(sum(fact["latencyMs"] for fact in _terminal(some)), len(_terminal(some))),
    "maxTps": lambda some: max((fact["tps"] for fact in some), default=None),
    "segments": lambda some: sum(fact["segments"] for fact in some),
    "blocked": lambda some: _having(some, "verdict", "BLOCK"),
    "held": lambda some: _having(some, "verdict", "HOLD"),
    "flagged": lambda some: _having(some, "verdict", "FLAG"),
    "allowed": lambda some: _having(some, "verdict", "ALLOW"),
    "blockRate": lambda some: _over(_having(some, "verdict", "BLOCK"), len(some)),
    "avgEvaluationMs": lambda some: _over(sum(fact["evaluationMs"] for fact in some), len(some)),
}


def _money(name: str, some: Sequence[Fact]) -> Fraction | None:
    if len({fact["currency"] for fact in some}) > 1:
        return None
    cost = sum((Fraction(fact["charge"]) for fact in some), Fraction(0))
    divisor = {"cost": 1, "avgCost": len(some), "costPerDelivered": _having(some, "status", "DELIVERED")}[name]
    return cost / divisor if divisor else None


def _ordered(query: Query, rows: list[Row], names: Sequence[str]) -> Sequence[Row]:
    """Sorts by the query's order, then by the groups, ascending, null last. It does not support percentiles."""
    stated = [(order["field"], order.get("direction") == "desc") for order in query.get("orderBy", [])]
    keys = [*stated, *((name, False) for name in names if name not in [field for field, _ in stated])]
    for field, descending in reversed(keys):
        known = [row for row in rows if row[field] is not None]
        known.sort(key=partial(_sortable, field), reverse=descending)
        rows = known + [row for row in rows if row[field] is None]
    return rows


def _sortable(field: str, row: Row) -> Any:
    value = row[field]
    if field == "time":
        return datetime.fromisoformat(value)
    return value.encode() if isinstance(value, str) and field not in DECIMALS else _exact(field, value)
