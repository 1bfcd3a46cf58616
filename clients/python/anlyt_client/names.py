"""The names that conditions of any dataset have.

Made by `python -m tools.export`; do not edit.
"""

from typing import Literal, TypeAlias

FieldName: TypeAlias = Literal[
    "tenantId",
    "accountId",
    "operatorId",
    "mno",
    "lane",
    "direction",
    "status",
    "errorCode",
    "destinationPrefix",
    "currency",
    "verdict",
    "ruleType",
    "messages",
    "delivered",
    "failed",
    "pending",
    "deliveryRate",
    "errorRate",
    "esmeErrorRate",
    "avgLatencyMs",
    "p50LatencyMs",
    "p95LatencyMs",
    "p99LatencyMs",
    "maxTps",
    "records",
    "segments",
    "cost",
    "avgCost",
    "costPerDelivered",
    "evaluations",
    "blocked",
    "held",
    "flagged",
    "allowed",
    "blockRate",
    "avgEvaluationMs",
]

Operator: TypeAlias = Literal["eq", "ne", "in", "notIn", "gt", "gte", "lt", "lte", "prefix", "isNull"]
