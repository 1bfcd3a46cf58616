"""Seeded events for the fact functions, on few days, because each ClickHouse partition takes milliseconds to write."""

import uuid
from datetime import datetime, timedelta
from random import Random

from tests.support import events
from tests.support.events import ACCOUNTS, AMOUNTS, CURRENCIES, FAILURES, LATENCIES, OPERATORS, Fields

STATUSES = ["DELIVERED"] * 7 + FAILURES + ["PENDING"] * 2
RULES = [("r-1", "Marketing at night", "QUIET_HOURS"), ("r:2", "نام فرستنده", "SENDER_ID"), ("R-1", "x" * 128, "URL")]


def moment(random: Random, now: datetime) -> datetime:
    """A time: mostly in the last hours, sometimes at midnight, or a day, a month or years ago."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    late = midnight - timedelta(days=random.choice([1, 31, 800]), seconds=random.randrange(-9, 9))
    recent = now - timedelta(seconds=random.random() * 3 * 3600)
    return random.choice([recent] * 8 + [midnight - timedelta(microseconds=random.randrange(2)), late])


def report(random: Random, now: datetime) -> Fields:
    """One `sms.dlr.inbound.v1` with a tenant. Without one, a copy's header could name another tenant."""
    fields = events.report(random, now) | {"receivedAt": events.written(random, moment(random, now))}
    removed = random.choice(["mno", "lane", "direction", "destinationPrefix", "errorCode"])
    return {name: value for name, value in fields.items() if name != removed} | {"tenantId": f"t-{random.randrange(5)}"}


def record(random: Random, now: datetime) -> Fields:
    """One `cdr.generated.v1`."""
    return {
        **_shared(random),
        "cdrId": f"cdr-{random.getrandbits(40)}",
        "operatorId": random.choice(OPERATORS),
        "mno": random.choice(["AWCC", "ROSHAN"]),
        "lane": "OTP",
        "direction": random.choice(["MT", "MO"]),
        "destinationPrefix": random.choice(["93", "9370", "93701234"]),
        "status": random.choice(STATUSES),
        "segmentCount": random.choice([1, 1, 2, 2**31]),
        "chargeAmount": random.choice(AMOUNTS),
        "currency": random.choice(CURRENCIES),
        "occurredAt": events.written(random, moment(random, now)),
    }


def evaluation(random: Random, now: datetime) -> Fields:
    """One `compliance.audit.v1`."""
    return {
        **_shared(random),
        "evaluationId": f"e-{random.getrandbits(40)}",
        "verdict": random.choice(["ALLOW", "FLAG", "HOLD", "BLOCK"]),
        "findings": [_finding(random) for _ in range(random.choice([0, 0, 1, 2, 64]))],
        "ruleSetId": f"rs-{random.randrange(3)}",
        "ruleSetVersion": random.choice([0, 7, "7", "2026.10-a", 2**31]),
        "evaluationLatencyMs": random.choice(LATENCIES),
        "at": events.written(random, moment(random, now)),
        "mno": random.choice([None, "AWCC"]),
        "lane": random.choice([None, "OTP"]),
    }


def _finding(random: Random) -> Fields:
    rule, name, kind = random.choice(RULES)
    action = random.choice(["FLAG", "HOLD", "BLOCK"])
    return {"ruleId": rule, "ruleName": name, "ruleType": kind, "action": action, "matched": "+93701234567"}


def _shared(random: Random) -> Fields:
    return {
        "schemaVersion": "1",
        "eventId": random.choice([str(uuid.UUID(int=random.getrandbits(128))), f"evt:{random.getrandbits(60)}.a_B-"]),
        "messageId": f"m-{random.getrandbits(40)}",
        "accountId": random.choice(ACCOUNTS),
        "tenantId": f"t-{random.randrange(5)}",
    }
