"""Seeded facts for the audit API, written as by ingest, and the expected rows of an audit query."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from schema.facts import NEVER
from schema.instants import instant

Fact = Mapping[str, Any]
BEGIN: Final = datetime(2021, 11, 1, tzinfo=UTC)
END: Final = datetime(2026, 11, 1, tzinfo=UTC)
TENANTS: Final = ("t-1", "t-2", "t:3")
VERDICTS: Final = ("ALLOW", "FLAG", "HOLD", "BLOCK")
RULES: Final = ("URL", "QUIET_HOURS", "SENDER_ID")
FINDING: Final = {"ruleId": "rule_ids", "ruleName": "rule_names", "ruleType": "rule_types", "action": "rule_actions"}
NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "compliance": {
        "verdict": "verdict",
        "evaluationId": "evaluation_id",
        "messageId": "message_id",
        "ruleSetId": "rule_set_id",
        "ruleSetVersion": "rule_set_version",
        "evaluationLatencyMs": "evaluation_latency_ms",
    },
    "cdr": {
        "operatorId": "operator_id",
        "direction": "direction",
        "destinationPrefix": "destination_prefix",
        "status": "status",
        "cdrId": "cdr_id",
        "messageId": "message_id",
        "segmentCount": "segment_count",
        "chargeAmount": "charge_amount",
        "currency": "currency",
    },
}
SHARED: Final = {"tenantId": "tenant_id", "accountId": "account_id", "mno": "mno", "lane": "lane"}


def evaluation(random: Random, at: datetime) -> Fact:
    rules = [random.choice(RULES) for _ in range(random.choice([0, 0, 1, 3]))]
    return {
        **_shared(random, at),
        "verdict": random.choice(VERDICTS),
        "evaluationId": f"e-{random.getrandbits(40)}",
        "messageId": f"m-{random.getrandbits(40)}",
        "findings": [
            {"ruleId": f"r-{number}", "ruleName": f"{rule} ' ☎", "ruleType": rule, "action": "BLOCK"}
            for number, rule in enumerate(rules)
        ],
        "ruleSetId": "rs-1",
        "ruleSetVersion": "7",
        "evaluationLatencyMs": random.randrange(50),
    }


def record(random: Random, at: datetime) -> Fact:
    return {
        **_shared(random, at),
        "operatorId": "op-1",
        "direction": "MT",
        "destinationPrefix": "9370",
        "status": random.choice(["DELIVERED", "FAILED"]),
        "cdrId": f"c-{random.getrandbits(40)}",
        "messageId": f"m-{random.getrandbits(40)}",
        "segmentCount": random.choice([1, 2, 7]),
        "chargeAmount": Decimal(random.choice([0, 1, 10**18 - 1, random.randrange(10**7)])) / 10**6,
        "currency": "AFN",
    }


def _shared(random: Random, at: datetime) -> Fact:
    return {
        "at": at,
        "key": random.getrandbits(64),
        "tenantId": random.choice(TENANTS),
        "accountId": random.choice(["a-1", "a-2"]),
        "mno": "AWCC",
        "lane": "OTP",
    }


def moments(random: Random, count: int) -> Iterator[datetime]:
    """Times of events: many at one instant, many on one day, some at the edges of the five years."""
    crowd = BEGIN + timedelta(days=random.randrange(900), microseconds=random.randrange(10**6))
    yield from (BEGIN, END - timedelta(microseconds=1), END, BEGIN - timedelta(microseconds=1))
    for _ in range(count):
        if random.random() < 0.3:
            yield crowd
        elif random.random() < 0.5:
            yield crowd + timedelta(microseconds=random.randrange(86_400 * 10**6))
        else:
            # Only a dozen days, because each day is a partition.
            yield BEGIN + timedelta(days=150 * random.randrange(12), microseconds=random.randrange(86_400 * 10**6))


async def write(client: AsyncClient, dataset: str, facts: Sequence[Fact]) -> None:
    """Writes facts, a third of them twice."""
    names = {"at": "event_time", "key": "event_key", **SHARED, **NAMES[dataset]}
    columns = [*names.values(), *(FINDING.values() if dataset == "compliance" else ()), "ver"]
    for some in (facts, facts[::3]):
        rows = [[*(fact[name] for name in names), *_findings(dataset, fact), _ver(fact)] for fact in some]
        await client.insert(f"facts_{dataset}", rows, column_names=columns)


def _ver(fact: Fact) -> int:
    """The version from the time in the stream: in nanoseconds, or in microseconds as old facts have it."""
    if "stored" not in fact:
        return 1
    return NEVER - instant(fact["stored"]) * (1000 if fact["key"] % 2 else 1)


def _findings(dataset: str, fact: Fact) -> Sequence[Sequence[str]]:
    if dataset != "compliance":
        return ()
    return [[finding[name] for finding in fact["findings"]] for name in FINDING]


def expected(dataset: str, facts: Sequence[Fact], request: Mapping[str, Any]) -> Sequence[Fact]:
    """The rows of an audit query over all pages."""
    from_, to = (datetime.fromisoformat(request[name]) for name in ("from", "to"))
    matching = [
        fact
        for fact in facts
        if fact["tenantId"] == request["tenantId"]
        and from_ <= fact["at"] < to
        and request.get("verdict") in (None, fact.get("verdict"))
        and (not (rule := request.get("ruleType")) or any(each["ruleType"] == rule for each in fact["findings"]))
    ]
    return [_printed(dataset, fact) for fact in sorted(matching, key=lambda fact: (fact["at"], fact["key"]))]


def _printed(dataset: str, fact: Fact) -> Fact:
    time = fact["at"].isoformat().replace("+00:00", "Z")
    plain = {name: value for name, value in fact.items() if name not in {"at", "key", "stored"}}
    if dataset == "compliance":
        return {"at": time, **plain}
    return {"occurredAt": time, **plain, "chargeAmount": f"{fact['chargeAmount']:.6f}"}
