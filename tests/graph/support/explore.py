"""`/explore` in tests: questions as parameters of its URL and as JSON, and the same rows of the API and of the page."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from tests.graph.support.api import ADMIN
from tests.graph.support.pages import FINANCE, PageText, as_text
from tests.graph.support.queries import QUERY, START, TENANTS, Row, tenant

PATH: Final = "/explore"
DAYS: Final = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-04T00:00:00Z"}
WINDOW: Final = urlencode(DAYS)
HOSTILE: Final = "'\"><script>alert(1)</script>$(id)`id`\\\u202e\U0001f600{{7*7}}\x00"
CALLERS: Final = {"admin": ADMIN, "finance": FINANCE, "t-1": tenant("t-1"), "t-2": tenant("t-2")}

# A question's parameters, and the same query as JSON.
QUESTIONS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "by day": (
        "dataset=dlr&measure=messages&measure=deliveryRate&measure=p95LatencyMs&dimension=mno&granularity=day",
        {"measures": ["messages", "deliveryRate", "p95LatencyMs"], "dimensions": ["mno"], "granularity": "day"},
    ),
    "by hour in a zone": (
        "dataset=dlr&measure=messages,failed&granularity=hour&timezone=Asia%2FKabul&sort=messages&direction=desc",
        {
            "measures": ["messages", "failed"],
            "granularity": "hour",
            "timezone": "Asia/Kabul",
            "orderBy": [{"field": "messages", "direction": "desc"}],
        },
    ),
    "ranking": (
        "dataset=dlr&measure=errorRate&dimension=errorCode&sort=errorRate&direction=desc&limit=5&totals=true",
        {
            "measures": ["errorRate"],
            "dimensions": ["errorCode"],
            "orderBy": [{"field": "errorRate", "direction": "desc"}],
            "limit": 5,
            "totals": True,
        },
    ),
    "conditions": (
        "dataset=dlr&measure=messages&dimension=lane,direction&field1=lane&op1=in&value1=OTP,+MARKETING"
        "&field3=messages&op3=gte&value3=10&field4=deliveryRate&op4=lt&value4=0.9&field5=errorCode&op5=isNull&value5=",
        {
            "measures": ["messages"],
            "dimensions": ["lane", "direction"],
            "filter": {
                "and": [
                    {"field": "lane", "op": "in", "value": ["OTP", "MARKETING"]},
                    {"field": "errorCode", "op": "isNull"},
                ]
            },
            "having": {
                "and": [
                    {"field": "messages", "op": "gte", "value": 10},
                    {"field": "deliveryRate", "op": "lt", "value": 0.9},
                ]
            },
        },
    ),
    "nothing asked yet": ("totals=true", {"measures": ["messages"], "granularity": "day", "totals": True}),
    "a value that is a space": (
        "measure=messages&dimension=errorCode&field2=errorCode&value2=+&field3=errorCode&op3=ne&value3=x",
        {
            "measures": ["messages"],
            "dimensions": ["errorCode"],
            "filter": {
                "and": [
                    {"field": "errorCode", "op": "eq", "value": " "},
                    {"field": "errorCode", "op": "ne", "value": "x"},
                ]
            },
        },
    ),
    "money": (
        "dataset=cdr&measure=records,cost,costPerDelivered&dimension=currency&granularity=day&compareTo=previousPeriod",
        {
            "dataset": "cdr",
            "measures": ["records", "cost", "costPerDelivered"],
            "dimensions": ["currency"],
            "granularity": "day",
            "compareTo": "previousPeriod",
        },
    ),
    "compliance": (
        "dataset=compliance&measure=evaluations&dimension=ruleType&granularity=day",
        {"dataset": "compliance", "measures": ["evaluations"], "dimensions": ["ruleType"], "granularity": "day"},
    ),
}

# One evaluation per hour and tenant, of none to two types.
EVALUATIONS: Final[Sequence[Row]] = [
    {
        "tenant_id": name,
        "event_time": START + timedelta(hours=hour),
        "event_key": hour,
        "account_id": "acc-1",
        "mno": "AWCC",
        "lane": "OTP",
        "verdict": ("ALLOW", "BLOCK", "FLAG")[hour % 3],
        "rule_types": (("SPAM",), ("SPAM", "PHISHING"), ())[hour % 3],
        "evaluation_latency_ms": hour,
        "ver": 1,
    }
    for name in TENANTS
    for hour in range(24)
]


def as_query(short: Mapping[str, Any]) -> Mapping[str, Any]:
    """A query of DAYS in JSON."""
    time = {**DAYS, **{name: short[name] for name in ("granularity", "timezone") if name in short}}
    others = {name: value for name, value in short.items() if name not in time}
    return {"dataset": "dlr", "limit": 100, "time": time, **others}


async def answer(site: httpx.AsyncClient, query: Mapping[str, Any], caller: Mapping[str, str]) -> Any:
    """REST's answer."""
    response = await site.post(QUERY, json=query, headers={**caller, "Accept": "application/json"})
    assert response.status_code == 200, response.text
    return response.json()


def cells(row: Mapping[str, Any]) -> Mapping[str, str]:
    """A row of the API as the page's table has it: every column, and those of the period before."""
    before = row.get("previous") or {}
    own = {name: as_text(value) for name, value in row.items() if name != "previous"}
    return {**own, **{f"previous.{name}": as_text(value) for name, value in before.items()}}


def key(row: Mapping[str, Any], question: Mapping[str, Any]) -> str:
    names = ["time"] if "granularity" in question else []
    return " ".join(str(row[name]) for name in (*names, *question.get("dimensions", ())))


def inputs(shown: PageText) -> list[list[tuple[str, str]]]:
    """The attributes of each input."""
    found: list[list[tuple[str, str]]] = []
    for tag, name, value in shown.attributes:
        if tag == "input":
            if name == "type":
                found.append([])
            found[-1].append((name, value))
    return found
